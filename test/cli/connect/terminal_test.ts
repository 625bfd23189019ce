import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TmuxTerminal } from "../../support/tmux.ts";

const program = fileURLToPath(new URL("../../support/chat_program.ts", import.meta.url));
const command = `exec '${Deno.execPath()}' run --no-prompt --allow-read --allow-env '${program}'`;

/** A row without the time that stands before a message. */
const withoutTime = (row: string) => row.replace(/^\d\d:\d\d /, "");

Deno.test("parley connect keeps the typed line in a real terminal while messages arrive", async () => {
  await using terminal = new TmuxTerminal(command, 60, 20);
  await terminal.shows((rows) => rows.at(-1) === "bob>");
  await terminal.type("hallo wörld");
  await terminal.shows((rows) => rows.at(-1) === "bob> hallo wörld");
  Deno.kill(await terminal.pid(), "SIGUSR2");
  const rows = await terminal.shows((rows) =>
    rows.some((row) => row.includes("Jyou")) && rows.at(-1)!.startsWith("bob> h")
  );
  assert.deepEqual(rows.slice(-3).map(withoutTime), [
    "bob/phone: interrupting",
    "      ␛[2Jyou",
    "bob> hallo wörld",
  ]);
  await terminal.press("C-a");
  await terminal.type("日本 ");
  await terminal.press("C-e", "Left", "Left", "BSpace");
  await terminal.type("L");
  await terminal.press("Enter");
  const after = await terminal.shows((rows) =>
    rows.some((row) => row.includes("got: ")) && rows.at(-1) === "bob>"
  );
  assert.deepEqual(after.slice(-3).map(withoutTime), [
    "you: 日本 hallo wöLld",
    "bob/phone: got: 日本 hallo wöLld",
    "bob>",
  ]);
});

Deno.test("parley connect survives that the terminal becomes narrower and wider", async () => {
  await using terminal = new TmuxTerminal(command, 60, 20);
  await terminal.shows((rows) => rows.at(-1) === "bob>");
  await terminal.type("first");
  await terminal.press("Enter");
  await terminal.shows((rows) => rows.some((row) => row.includes("got: first")) && rows.at(-1) === "bob>");
  const line = "0123456789 0123456789 0123456789 end";
  await terminal.type(line);
  await terminal.shows((rows) => rows.at(-1) === `bob> ${line}`);
  await terminal.resize(30, 20);
  await terminal.shows((rows) => rows.at(-1) === `bob> ${line.slice(-24)}`);
  await terminal.resize(60, 20);
  const rows = await terminal.shows((rows) => rows.at(-1) === `bob> ${line}`);
  assert.deepEqual(rows.slice(-3).map(withoutTime), ["you: first", "bob/phone: got: first", rows.at(-1)]);
});

Deno.test("parley connect leaves the terminal as it was on Ctrl-C", async () => {
  await using terminal = new TmuxTerminal(
    `sh -c '${command.replaceAll("'", '"').replace("exec ", "")}; echo code $?; stty -a; exec cat'`,
    100,
    30,
  );
  await terminal.shows((rows) => rows.at(-1) === "bob>");
  await terminal.type("unfinished");
  await terminal.shows((rows) => rows.at(-1) === "bob> unfinished");
  await terminal.press("C-c");
  const rows = await terminal.shows((rows) => rows.some((row) => row.includes(" echo ")));
  assert(rows.includes("code 130"));
  assert(!rows.some((row) => row.includes("unfinished")));
  assert(rows.some((row) => /(^| )icanon /.test(row)));
});
