import assert from "node:assert/strict";
import { AuthenticationError, NetworkError } from "../../../lib/errors/mod.ts";
import { logInAtPrompt } from "../../../lib/legacy/core/mod.ts";
import { ScriptedConsole } from "../support/scripted_console.ts";

const PROMPTS = { user: "name", password: "password", refused: "try again" };

function logIn(_user: string, password: string): Promise<void> {
  if (password === "right") return Promise.resolve();
  return Promise.reject(new AuthenticationError("login-refused", "refused"));
}

Deno.test("logInAtPrompt() asks until the server takes name and password", async () => {
  const console = new ScriptedConsole("alice", "wrong", "alice", "right");
  assert.equal(await logInAtPrompt({ console, user: undefined }, PROMPTS, logIn), "alice");
  assert.deepEqual(console.prompts, ["name", "password", "name", "password"]);
  assert.deepEqual(console.notes, ["try again"]);
});

Deno.test("logInAtPrompt() gives up where the input ends, and passes on what else is thrown", async () => {
  const console = new ScriptedConsole();
  console.end();
  assert.equal(await logInAtPrompt({ console, user: undefined }, PROMPTS, logIn), undefined);
  const refused = new ScriptedConsole("wrong");
  refused.end();
  await assert.rejects(logInAtPrompt({ console: refused, user: "bob" }, PROMPTS, logIn), {
    code: "login-refused",
  });
  const gone = () => Promise.reject(new NetworkError("server-gone", "gone"));
  const answering = new ScriptedConsole("right");
  await assert.rejects(logInAtPrompt({ console: answering, user: "bob" }, PROMPTS, gone), {
    code: "server-gone",
  });
});
