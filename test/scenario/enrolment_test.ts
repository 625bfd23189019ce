import assert from "node:assert/strict";
import { parley, parleyJson, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

function enrolWith(invite: string, home: string) {
  return parley(["enroll", invite, "--device", "x", "--no-passphrase", "--json"], home);
}

function errorCode(stderr: string): unknown {
  return JSON.parse(stderr.split("\n").find((line) => line.startsWith("{"))!).code;
}

Deno.test("an invite that is wrong, used, expired or of another CA is refused, each with its own error", async () => {
  await using stage = await Stage.open();
  const invite = await stage.invite("alice");
  const home = (name: string) => `${stage.folder}/homes/${name}`;

  const wrong = invite.slice(0, -4) + (invite.endsWith("AAAA") ? "BBBA" : "AAAA");
  const unknown = await enrolWith(wrong, home("wrong"));
  assert.deepEqual([unknown.code, errorCode(unknown.stderr)], [4, "invite-unknown"]);

  assert.equal((await enrolWith(invite, home("first"))).code, 0);
  const used = await enrolWith(invite, home("second"));
  assert.deepEqual([used.code, errorCode(used.stderr)], [4, "invite-used"]);

  const foreign = invite.replace(/ca=.{4}/, "ca=AAAA");
  const mismatch = await enrolWith(foreign, home("foreign"));
  assert.deepEqual([mismatch.code, errorCode(mismatch.stderr)], [4, "ca-mismatch"]);

  const malformed = await enrolWith("parley://nowhere", home("malformed"));
  assert.deepEqual([malformed.code, errorCode(malformed.stderr)], [3, "invite-malformed"]);
});

Deno.test("a revoked device is thrown out within a second, refused afterwards, and out of its conversations", async () => {
  await using stage = await Stage.open("alice", "bob");
  await stage.send("alice", "bob", "before");
  assert.equal((await stage.inbox("bob")).length, 1);
  await using connected = new Running(["inbox", "--follow", "--json"], stage.home("bob"));
  await stage.send("alice", "bob", "still there");
  await connected.line((line) => line.includes("still there"));
  await stage.run("ca", "revoke", "--dir", stage.ca, "bob/one");
  const revokedAt = performance.now();
  const ended = await connected.ended();
  assert.ok(performance.now() - revokedAt < 1_500, "the connection was closed late");
  assert.deepEqual([ended.code, errorCode(ended.stderr)], [4, "cert-revoked"]);
  const again = await parley(["inbox", "--json"], stage.home("bob"));
  assert.deepEqual([again.code, errorCode(again.stderr)], [4, "cert-revoked"]);
  await stage.enrol("bob", "two");
  assert.equal((await stage.send("alice", "bob", "to the new device only")).status, "relayed");
  const received = await stage.inbox("bob-two");
  assert.deepEqual(received.map((one) => one.text), ["to the new device only"]);
});

Deno.test("an identity under a passphrase opens with it and with no other", async () => {
  await using stage = await Stage.open();
  const [right, wrong] = [`${stage.folder}/right`, `${stage.folder}/wrong`];
  await Deno.writeTextFile(right, "correct horse\n");
  await Deno.writeTextFile(wrong, "battery staple\n");
  const home = stage.home("alice");
  const enrolment = ["enroll", await stage.invite("alice"), "--device", "one", "--passphrase-file", right];
  await parleyJson(enrolment, home);
  assert.deepEqual(await parleyJson(["inbox", "--passphrase-file", right], home), []);
  const refused = await parley(["inbox", "--passphrase-file", wrong, "--json"], home);
  assert.deepEqual([refused.code, errorCode(refused.stderr)], [4, "passphrase-wrong"]);
  const key = await Deno.readTextFile(`${home}/identities/alice/one/device.key`);
  assert.match(key, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
});

Deno.test("a message to nobody is refused and not kept; one while the relay is away is kept and goes out later", async () => {
  await using stage = await Stage.open("alice", "bob");
  const nobody = await parley(["send", "nobody", "x", "--json"], stage.home("alice"));
  assert.deepEqual([nobody.code, errorCode(nobody.stderr)], [3, "unknown-user"]);
  await stage.stopRelay();
  const away = await parley(["send", "bob", "kept", "--json"], stage.home("alice"));
  assert.equal(away.code, 5);
  assert.equal(JSON.parse(away.stdout).status, "queued");
  await stage.startRelay();
  await stage.send("alice", "bob", "next");
  assert.deepEqual((await stage.inbox("bob")).map((one) => one.text), ["kept", "next"]);
});
