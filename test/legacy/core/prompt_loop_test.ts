import assert from "node:assert/strict";
import { ProtocolError, UsageError } from "../../../lib/errors/mod.ts";
import { promptLoop } from "../../../lib/legacy/core/mod.ts";
import { ScriptedConsole } from "../support/scripted_console.ts";

const settings = { prompt: "? ", leave: "exit", correctable: ["try-again"] };

Deno.test("promptLoop() hands over lines until one leaves or the input ends", async () => {
  for (const last of [["Exit ", "unread"], []]) {
    const console = new ScriptedConsole("one", " two", ...last);
    console.end();
    const lines: string[] = [];
    await promptLoop(console, settings, (line) => void lines.push(line));
    assert.deepEqual(lines, ["one", " two"]);
    assert.deepEqual(console.prompts, ["? ", "? ", "? "]);
  }
});

Deno.test("promptLoop() tells what the user can correct and goes on; what else is thrown ends it", async () => {
  const console = new ScriptedConsole("usage", "again", "fatal", "unread");
  const take = (line: string) => {
    if (line === "usage") throw new UsageError("wrong", "not like this");
    throw new ProtocolError(line === "again" ? "try-again" : "broken", `it is ${line}`);
  };
  await assert.rejects(promptLoop(console, settings, take), { code: "broken" });
  assert.deepEqual(console.notes, ["not like this", "it is again"]);
});

Deno.test("promptLoop() ends with the session, at the prompt and while a line is handled", async () => {
  const gone = new ProtocolError("gone", "it is over");
  for (const lines of [[], ["hangs"]]) {
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const over = promptLoop(
      new ScriptedConsole(...lines),
      { ...settings, ended },
      () => new Promise(() => {}),
    );
    reject(gone);
    await assert.rejects(over, { code: "gone" });
  }
});

Deno.test("promptLoop() asks what stands before each line, whose answer does not matter", async () => {
  const console = new ScriptedConsole("exit", "one", "", "two", "");
  console.end();
  const lines: string[] = [];
  await promptLoop(console, { ...settings, before: "RETURN" }, (line) => void lines.push(line));
  assert.deepEqual(lines, ["one", "two"]);
  assert.deepEqual(console.prompts, ["RETURN", "? ", "RETURN", "? ", "RETURN", "? "]);
});
