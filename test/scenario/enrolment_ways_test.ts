import assert from "node:assert/strict";
import { parley, parleyJson, parseLines, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

function errorCode(stderr: string): unknown {
  return JSON.parse(stderr.split("\n").find((line) => line.startsWith("{"))!).code;
}

/** Writes a secret to a file of the stage's. */
async function secret(stage: Stage, text: string): Promise<string> {
  const path = `${stage.folder}/secret-${crypto.randomUUID()}`;
  await Deno.writeTextFile(path, `${text}\n`);
  return path;
}

Deno.test("a user enrols devices with the password that the operator has set, until it is taken away", async () => {
  await using stage = await Stage.open("bob");
  const right = await secret(stage, "correct horse");
  const ca = (...args: string[]) => parleyJson(["ca", "user", ...args, "--dir", stage.ca], stage.folder);
  const [added] = await ca("add", "alice", "--password-file", right, "--relay", stage.address);
  const url = String(added!.url);
  const enrol = (device: string, password: string, ...where: string[]) =>
    parley(
      ["enroll", ...where, "--device", device, "--password-file", password, "--no-passphrase", "--json"],
      stage.home(device === "one" ? "alice" : `alice-${device}`),
    );
  const wrong = await enrol("x", await secret(stage, "wrong horse"), url);
  const [shown] = await parleyJson(["ca", "show", `${stage.ca}/ca.crt`], stage.folder);
  const nobody = [
    "--user",
    "nobody",
    "--relay",
    stage.address,
    "--ca-fingerprint",
    String(shown!.fingerprint),
  ];
  const unknown = await enrol("y", right, ...nobody);
  assert.deepEqual([wrong.code, errorCode(wrong.stderr)], [4, "credentials-wrong"]);
  assert.deepEqual([unknown.code, unknown.stderr], [wrong.code, wrong.stderr]);

  assert.equal((await enrol("one", right, url)).code, 0);
  const spelt = ["--user", "alice", "--relay", stage.address, "--ca-fingerprint", String(shown!.fingerprint)];
  assert.equal((await enrol("two", right, ...spelt)).code, 0);
  await stage.send("bob", "alice", "to both");
  for (const home of ["alice", "alice-two"]) {
    assert.deepEqual((await stage.inbox(home)).map((one) => one.text), ["to both"]);
  }
  const foreign = [...spelt.slice(0, -1), `SHA256:${"A".repeat(43)}`];
  const mismatch = await enrol("z", right, ...foreign);
  assert.deepEqual([mismatch.code, errorCode(mismatch.stderr)], [4, "ca-mismatch"]);

  await ca("passwd", "alice", "--password-file", await secret(stage, "new password"));
  assert.equal(errorCode((await enrol("three", right, url)).stderr), "credentials-wrong");
  assert.deepEqual((await ca("list")).map(({ user }) => user), ["alice"]);
  await ca("remove", "alice");
  assert.deepEqual(await ca("list"), []);
});

Deno.test("a device asks to be enrolled, and the operator who compares the code approves or denies it", async () => {
  await using stage = await Stage.open("bob");
  const [added] = await parleyJson(
    ["ca", "user", "add", "carol", "--dir", stage.ca, "--relay", stage.address, "--password-file"].concat(
      await secret(stage, "not used here"),
    ),
    stage.folder,
  );
  const requests = (...args: string[]) =>
    parleyJson(["ca", "requests", ...args, "--dir", stage.ca], stage.folder);
  const ask = ["enroll", String(added!.url), "--request", "--device", "one", "--no-passphrase", "--json"];
  await using waiting = new Running(ask, stage.home("carol"));
  const { code } = JSON.parse(await waiting.line((line) => line.includes('"request"')));
  const [request, ...more] = await requests("list");
  assert.deepEqual([request!.code, request!.user, request!.device, more], [code, "carol", "one", []]);
  await requests("approve", code.toLowerCase());
  const ended = await waiting.ended();
  assert.deepEqual([ended.code, parseLines(ended.stdout).at(-1)!.type], [0, "enrolled"]);
  await stage.send("bob", "carol", "welcome");
  assert.deepEqual((await stage.inbox("carol")).map((one) => one.text), ["welcome"]);

  const poll = () => parley([...ask.with(4, "two"), "--no-wait"], stage.home("carol-two"));
  const first = await poll();
  assert.deepEqual([first.code, errorCode(first.stderr)], [6, "approval-pending"]);
  const again = await poll();
  assert.equal(again.stdout, first.stdout, "the same request, with the same code");
  await requests("deny", parseLines(first.stdout)[0]!.code as string);
  const denied = await poll();
  assert.deepEqual([denied.code, errorCode(denied.stderr)], [4, "request-denied"]);
  assert.deepEqual(await requests("list"), []);
});
