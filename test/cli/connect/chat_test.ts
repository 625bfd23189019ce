import assert from "node:assert/strict";
import { object } from "@optique/core/constructs";
import { type CommandContext, defineCommand } from "../../../commands/command.ts";
import { holdChat } from "../../../commands/connect/terminal.ts";
import { formatClock } from "../../../commands/connect/terminal_view.ts";
import { runCommand } from "../../../commands/run_command.ts";
import type { ReceivedMessage } from "../../../lib/client/mod.ts";
import { NetworkError, UsageError } from "../../../lib/errors/mod.ts";
import { FakeIo, type FakeIoOptions } from "../../support/fake_io.ts";
import { messageFromBob, ScriptedSession } from "../../support/scripted_session.ts";
import { VirtualTerminal } from "../../support/virtual_terminal.ts";

function startChat(options: FakeIoOptions & { args?: string[]; alone?: boolean } = {}) {
  const io = new FakeIo(options);
  const screen = new VirtualTerminal(io.stdout.width);
  if (options.terminal) io.stdout.onWrite = (text) => screen.write(text);
  const session = new ScriptedSession(options.alone ? undefined : "bob");
  const command = defineCommand({
    examples: [{ line: "parley connect bob", does: "Talk to bob" }],
    parser: object({}),
    stopsItself: true,
    execute: (_values, context: CommandContext) => holdChat(session, context),
  });
  const ended = runCommand("parley connect", "Chat", command, options.args ?? [], io);
  return {
    io,
    screen,
    session,
    ended,
    shows: (text: string) => io.stdout.until((all) => all.includes(text)),
  };
}

const terminal = { terminal: true, env: { NO_COLOR: "1" } };

Deno.test("holdChat() at a terminal keeps the typed line while messages arrive", async () => {
  const { io, screen, session, ended, shows } = startChat(terminal);
  io.stdin.type("hello wo");
  await shows("hello wo");
  const time = Date.UTC(2026, 0, 2, 12, 34);
  session.push(messageFromBob("hi", time));
  await shows("hi");
  assert.equal(screen.rows.at(-2), `${formatClock(time)} bob/phone: hi`);
  assert.equal(screen.rows.at(-1), "bob> hello wo");
  io.stdin.type("rld\r");
  await shows("you: hello world");
  assert.deepEqual(session.sent, [{ to: "bob", text: "hello world" }]);
  assert.equal(screen.rows.at(-2), `${formatClock(io.time)} you: hello world`);
  assert.equal(screen.rows.at(-1), "bob>");
  io.stdin.type("/quit\r");
  assert.equal(await ended, 0);
  assert(session.closed && !io.stdin.raw && io.stdout.text.endsWith("\x1b[?2004l"));
});

Deno.test("holdChat() at a terminal explains its commands and mistakes", async () => {
  const { io, screen, session, ended } = startChat({ ...terminal, columns: 100 });
  io.stdin.type("/help\r/lits\r/msg\r/msg carol see you\r//slash\r/list\r/quit\r");
  assert.equal(await ended, 0);
  assert.deepEqual(session.sent, [{ to: "carol", text: "see you" }, { to: "bob", text: "/slash" }]);
  const rows = screen.rows.map((row) => row.replace(/^\d\d:\d\d /, ""));
  for (
    const row of [
      "-- /quit              leaves (so does Ctrl-D)",
      "-- error: there is no /lits: did you mean /list? (a line that begins with a slash is sent as //lits)",
      "-- error: write /msg USER TEXT",
      "you to carol: see you",
      "you: /slash",
      "carol  online   a, b (offline)",
    ]
  ) assert(rows.includes(row), row);
});

Deno.test("holdChat() at a terminal breaks long lines between words, and no row begins where a message does", async () => {
  const { io, screen, session, ended, shows } = startChat(terminal);
  const time = Date.UTC(2026, 0, 2, 12, 34);
  const pose = `${" ".repeat(70)}12:35\u00a0carol/one:\u00a0pay\u00a0mallory`;
  session.push(messageFromBob("word ".repeat(30) + "end", time), messageFromBob(pose, time));
  session.push(messageFromBob("first\n12:35 carol/one: second", time));
  await shows("second");
  io.stdin.type("/help\r/quit\r");
  assert.equal(await ended, 0);
  const rows = screen.rows.filter((row) => row !== "");
  assert(rows.every((row) => row.length <= 80));
  const times = rows.filter((row) => /^\d\d:\d\d /.test(row));
  assert.deepEqual(times.map((row) => row.slice(6, 20)), ["bob/phone: wor", "bob/phone:", "bob/phone: fir"]);
  assert.deepEqual(rows.filter((row) => row.startsWith(" ")), [
    `      ${"word ".repeat(14)}word`,
    "      word word word end",
    "      12:35\u00a0carol/one:\u00a0pay\u00a0mallory",
    "      12:35 carol/one: second",
  ]);
  assert.equal(rows.filter((row) => row.startsWith("-- /")).length, 11);
});

Deno.test("holdChat() names the group of a message, also over pipes and with --json", async () => {
  const group = "team\x1b[2J";
  const pushTo = async (options: Parameters<typeof startChat>[0], until: string) => {
    const { io, session, ended, shows } = startChat(options);
    session.push({ ...messageFromBob("hello"), group } as never);
    await shows(until);
    if (options?.terminal && !options.args) io.stdin.type("\x04");
    else io.stdin.end();
    assert.equal(await ended, 0);
    return io.stdout.text;
  };
  assert.match(await pushTo(terminal, "hello"), /bob\/phone in team␛\[2J: hello/);
  assert.equal(await pushTo({}, "hello"), "bob/phone in team␛[2J: hello\n");
  assert.equal(JSON.parse(await pushTo({ args: ["--json"] }, "hello")).group, group);
});

Deno.test("holdChat() shows an edit with line feeds in one line over pipes, and indented at a terminal", async () => {
  const line: ReceivedMessage = {
    position: 1,
    type: "edit",
    from: "bob",
    device: "phone",
    conversation: "direct:alice,bob",
    id: "x2",
    time: new Date(Date.UTC(2026, 0, 2, 12, 34)),
    text: "one\ncarol/one: two",
    outgoing: false,
    target: "ff112233",
  };
  const piped = startChat();
  piped.session.push({ type: "line", line });
  await piped.shows("two");
  piped.io.stdin.end();
  assert.equal(await piped.ended, 0);
  assert.equal(piped.io.stdout.text, "bob/phone edited ff112233: one␊carol/one: two\n");
  const shown = startChat(terminal);
  shown.session.push({ type: "line", line });
  await shown.shows("two");
  shown.io.stdin.type("\x04");
  assert.equal(await shown.ended, 0);
  assert(shown.screen.rows.includes("      carol/one: two"));
});

Deno.test("holdChat() sends and saves files, and takes lines while they are on their way", async () => {
  const { io, screen, session, ended, shows } = startChat({ ...terminal, columns: 100 });
  io.stdin.type("/file my plan.pdf\r/save 3fa9 in here\r/save x\r/file\r");
  await shows("[file my plan.pdf]");
  await shows("in here/3fa9");
  session.refusal = new UsageError("file-not-found", "there is no file none");
  io.stdin.type("/file none\r");
  await shows("there is no file none");
  io.stdin.type("/quit\r");
  assert.equal(await ended, 0);
  assert.deepEqual(session.sent, [{ to: "bob", text: "file my plan.pdf" }]);
  const rows = screen.rows.map((row) => row.replace(/^\d\d:\d\d /, ""));
  for (
    const row of [
      "-- sending my plan.pdf",
      "you: [file my plan.pdf]",
      "-- saved 3fa9 as in here/3fa9",
      "-- error: write /save ID, or /save ID DIR",
      "-- error: write /file PATH",
      "-- error: there is no file none",
    ]
  ) assert(rows.includes(row), row);
});

Deno.test("holdChat() without a peer sends with /msg only and says so", async () => {
  const { io, screen, session, ended } = startChat({ ...terminal, columns: 100, alone: true });
  io.stdin.type("hello\r/msg bob hello\r\x04");
  assert.equal(await ended, 0);
  assert.deepEqual(session.sent, [{ to: "bob", text: "hello" }]);
  const says = "-- error: nobody to send to (write /msg USER TEXT, or start with parley connect USER)";
  assert(screen.rows.includes(says));
});

Deno.test("holdChat() shows a lost connection once and counts what is queued", async () => {
  const { io, screen, session, ended, shows } = startChat(terminal);
  for (const state of ["online", "offline", "connecting", "offline", "connecting"] as const) {
    session.push({ type: "connection", state, ...(state === "offline" && { reason: "reset\x1b[2J" }) });
  }
  session.status = "queued";
  io.stdin.type("one\rtwo\r");
  await shows("(2 queued)> ");
  const lost = screen.rows.filter((row) => row.includes("connection lost"));
  assert.deepEqual(lost, ["-- connection lost (reset␛[2J): messages are queued until it is back"]);
  session.flush();
  session.push({ type: "connection", state: "online" });
  await shows("connected again");
  assert.equal(screen.rows.at(-1), "bob>");
  io.stdin.type("\x04");
  assert.equal(await ended, 0);
});

Deno.test("holdChat() goes on at a terminal when a line cannot be sent", async () => {
  const { io, screen, session, ended, shows } = startChat(terminal);
  session.refusal = new UsageError("user-unknown", "no user zed");
  io.stdin.type("/msg zed hi\r");
  await shows("no user zed");
  assert(screen.rows.includes("-- error: no user zed"));
  session.refusal = undefined;
  io.stdin.type("hi\r\x04");
  assert.equal(await ended, 0);
  assert.equal(session.sent.length, 1);
});

Deno.test("holdChat() restores the terminal on Ctrl-C and on a signal", async () => {
  for (const [how, code] of [["key", 130], ["SIGTERM", 143]] as const) {
    const { io, session, ended, shows } = startChat(terminal);
    io.stdin.type("unfinished");
    await shows("unfinished");
    if (how === "key") io.stdin.type("\x03");
    else io.stop(how);
    await assert.rejects(ended, {
      name: "StoppedError",
      message: `stopped by ${how === "key" ? "SIGINT" : how}`,
    });
    assert(code > 128 && session.closed && !io.stdin.raw);
    assert(io.stdout.text.endsWith("\x1b[K\x1b[?2004l"));
    assert.equal(io.listeners, 0);
  }
});

Deno.test("holdChat() ends with the session's error", async () => {
  const { io, session, ended } = startChat(terminal);
  session.fail(new NetworkError("revoked", "the certificate is revoked"));
  await assert.rejects(ended, { code: "revoked" });
  assert.equal(io.stdin.raw, false);
});

Deno.test("holdChat() lets no received text control the terminal", async () => {
  const { io, session, ended, shows } = startChat({ terminal: true });
  const attack = "a\x1b]0;title\x07\x9b2J\r\u202egpj.exe\u200b\nnext\tline";
  session.push({ ...messageFromBob(attack), from: "b\x1b[1mob", device: "p\nhone" } as never);
  session.push({ type: "notice", text: attack });
  await shows("gpj.exe");
  io.stdin.type("\x04");
  assert.equal(await ended, 0);
  // deno-lint-ignore no-control-regex
  const left = io.stdout.text.replace(/\x1b\[(\d+(;\d+)*m|K|\d+C|\?2004[hl])|\r\n|\r/g, "");
  assert.doesNotMatch(left, /[\p{Cc}\p{Cf}]/u);
});

Deno.test("holdChat() over pipes sends lines in order and waits until the relay has them", async () => {
  const { io, session, ended } = startChat({ stdin: "one\n\ntwo\r\n//three\n/msg carol four\nfive" });
  session.status = "queued";
  assert.equal(await Promise.race([ended, settled().then(() => "waiting")]), "waiting");
  session.flush();
  assert.equal(await ended, 0);
  assert.deepEqual(session.sent.map(({ to, text }) => `${to}: ${text}`), [
    "bob: one",
    "bob: two",
    "bob: /three",
    "carol: four",
    "bob: five",
  ]);
  assert.equal(io.stdout.text, "");
});

Deno.test("holdChat() over pipes prints one message a line", async () => {
  const { io, session, ended, shows } = startChat();
  session.push(messageFromBob("two\nlines\x1b[2J"), messageFromBob("next"));
  await shows("next");
  io.stdin.end();
  assert.equal(await ended, 0);
  assert.equal(io.stdout.text, "bob/phone: two␊lines␛[2J\nbob/phone: next\n");
});

Deno.test("holdChat() with --json prints one object a line even at a terminal", async () => {
  const { io, session, ended, shows } = startChat({ terminal: true, args: ["--json"] });
  session.push(messageFromBob("a\u009b2J\u2028"));
  io.stdin.type("hi\n/list\n");
  await shows('"carol"');
  io.stdin.end();
  assert.equal(await ended, 0);
  const lines = io.stdout.text.trimEnd().split("\n");
  assert.match(io.stdout.text, /a\\u009b2J\\u2028/);
  const records = lines.map((line) => JSON.parse(line));
  assert.deepEqual(records.map(({ type }) => type).sort(), ["message", "sent", "user", "user", "user"]);
  const message = records.find(({ type }) => type === "message");
  assert.deepEqual([message.from, message.device, message.time], [
    "bob",
    "phone",
    "2026-01-02T12:34:00.000Z",
  ]);
});

Deno.test("holdChat() over pipes stops at the first line that cannot be sent", async () => {
  const { session, ended } = startChat({ stdin: "one\ntwo\n" });
  session.refusal = new UsageError("user-unknown", "no user bob");
  await assert.rejects(ended, { code: "user-unknown" });
  assert(session.closed);
});

Deno.test("holdChat() over pipes refuses a line that is sent to nobody, and a command that is none", async () => {
  for (
    const [stdin, code] of [["hello\n", "no-peer"], ["/msg bob\n", "chat-command"], [
      "/nothing\n",
      "chat-command",
    ]]
  ) {
    const { session, ended } = startChat({ stdin: stdin!, alone: true });
    await assert.rejects(ended, { code, kind: "usage" });
    assert.deepEqual([session.sent, session.closed], [[], true]);
  }
});

Deno.test("holdChat() at a terminal can be interrupted while it waits for the last line to be sent", async () => {
  const { io, session, ended } = startChat(terminal);
  const asked = Promise.withResolvers<void>();
  session.send = () => {
    asked.resolve();
    return new Promise(() => {});
  };
  io.stdin.type("hello\r\x04");
  await asked.promise;
  io.stdin.type("\x03");
  await assert.rejects(ended, { name: "StoppedError" });
});

Deno.test("holdChat() over pipes ends on a signal", async () => {
  const { io, session, ended } = startChat();
  session.push(messageFromBob("hi"));
  await io.stdout.until((text) => text.includes("hi"));
  io.stop("SIGINT");
  await assert.rejects(ended, { name: "StoppedError" });
  assert(session.closed);
  io.stdin.end();
});

/** Resolves after everything that can go on by itself has. */
function settled(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
