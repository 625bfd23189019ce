import assert from "node:assert/strict";
import { parley, parleyJson, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

function errorCode(stderr: string): unknown {
  return JSON.parse(stderr.split("\n").find((line) => line.startsWith("{"))!).code;
}

Deno.test("with an agent a passphrase is given once, until the key is locked away", async () => {
  await using stage = await Stage.open("bob");
  const home = stage.home("alice");
  const secret = `${stage.folder}/secret`;
  await Deno.writeTextFile(secret, "correct horse\n");
  const invite = await stage.invite("alice");
  await parleyJson(["enroll", invite, "--device", "one", "--passphrase-file", secret], home);
  await parleyJson(["ca", "init", "--name", "Other CA", "--passphrase-file", secret], home);

  await using agent = new Running(["agent", "--timeout", "5m"], home);
  const socket = /agent at (\S+)/.exec(await agent.line((line) => line.startsWith("agent at")))![1]!;
  const [folder, file] = [await Deno.lstat(`${home}/agent`), await Deno.lstat(socket)];
  assert.deepEqual([folder.mode! & 0o777, file.mode! & 0o777], [0o700, 0o600]);
  const second = await parley(["agent", "--json"], home);
  assert.deepEqual([second.code, errorCode(second.stderr)], [2, "agent-running"]);

  const closed = await parley(["inbox", "--json"], home);
  assert.equal(errorCode(closed.stderr), "no-passphrase-source");
  await parleyJson(["inbox", "--passphrase-file", secret], home);
  await parleyJson(["ca", "crl", "--passphrase-file", secret], home);
  await parleyJson(["send", "bob", "without a passphrase"], home);
  await parleyJson(["ca", "crl"], home);
  assert.deepEqual((await stage.inbox("bob")).map((one) => one.text), ["without a passphrase"]);

  const status = () => parleyJson(["agent", "status"], home);
  assert.deepEqual((await status()).map((one) => one.folder), [`${home}/identities/alice/one`, `${home}/ca`]);
  await parleyJson(["agent", "forget", `${home}/ca`], home);
  const forgotten = await parley(["ca", "crl", "--json"], home);
  assert.equal(errorCode(forgotten.stderr), "no-passphrase-source");
  assert.deepEqual(await parleyJson(["agent", "lock"], home), [{ type: "agent-forgot", keys: 1 }]);
  const locked = await parley(["inbox", "--json"], home);
  assert.equal(errorCode(locked.stderr), "no-passphrase-source");

  agent.kill("SIGTERM");
  assert.equal((await agent.ended()).code, 0);
  const gone = await parley(["agent", "status", "--json"], home);
  assert.deepEqual([gone.code, errorCode(gone.stderr)], [2, "agent-missing"]);
  await assert.rejects(Deno.lstat(socket), Deno.errors.NotFound);
});
