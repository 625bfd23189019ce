import assert from "node:assert/strict";
import { parley, parleyJson, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

function errorCode(stderr: string): unknown {
  return JSON.parse(stderr.split("\n").find((line) => line.startsWith("{"))!).code;
}

/** Links a device and enrols it in a data folder of its own; returns the folder. */
async function link(stage: Stage, user: string, device: string): Promise<string> {
  const [made] = await parleyJson(["devices", "link", "--device", device], stage.home(user));
  assert.deepEqual([made?.type, made?.user, made?.device], ["invite", user, device]);
  const home = stage.home(`${user}-${device}`);
  await parleyJson(["enroll", String(made!.invite), "--no-passphrase"], home);
  return home;
}

async function textsIn(home: string): Promise<unknown[]> {
  return (await parleyJson(["inbox"], home)).map(({ text }) => text);
}

Deno.test("a device is linked, receives what all others send, and is shut out when it is lost", async () => {
  await using stage = await Stage.open("alice", "bob");
  await stage.send("alice", "bob", "before");
  await stage.inbox("bob");
  const phone = await link(stage, "alice", "phone");
  const reused = await parleyJson(["devices", "list"], phone);
  assert.deepEqual(reused.map(({ device, this: isThis }) => [device, isThis]), [["one", false], [
    "phone",
    true,
  ]]);
  await stage.inbox("alice"); // the old device adds the new one
  await using live = new Running(["inbox", "--follow", "--json"], phone);
  await stage.send("bob", "alice", "from bob");
  await stage.send("alice", "bob", "from alice's other device");
  await live.line((line) => line.includes("from bob"));
  await live.line((line) => line.includes("from alice's other device"));

  const [revoked] = await parleyJson(["devices", "revoke", "phone"], stage.home("alice"));
  assert.deepEqual([revoked?.type, revoked?.device], ["device-revoked", "phone"]);
  const { code, stderr } = await live.ended();
  assert.deepEqual([code, errorCode(stderr)], [4, "cert-revoked"]);
  await stage.send("bob", "alice", "after");
  const refused = await parley(["inbox", "--json"], phone);
  assert.deepEqual([refused.code, refused.stdout, errorCode(refused.stderr)], [4, "", "cert-revoked"]);
  assert.ok((await textsIn(stage.home("alice"))).includes("after"));
  const left = await parleyJson(["devices", "list"], stage.home("alice"));
  assert.deepEqual(left.map(({ device }) => device), ["one"]);
  const own = await parley(["devices", "revoke", "one", "--json"], stage.home("alice"));
  assert.deepEqual([own.code, errorCode(own.stderr)], [3, "device-own"]);
});

Deno.test("both sides see one safety number, and a verified user's new device waits for consent", async () => {
  await using stage = await Stage.open("alice", "bob");
  const verify = async (user: string, ...args: string[]) =>
    (await parleyJson(["verify", ...args], stage.home(user)))[0]!;
  const mine = await verify("alice", "bob");
  assert.match(String(mine.safetyNumber), /^[0-9]{60}$/);
  assert.deepEqual([mine.user, mine.verified, mine.state], ["bob", false, "unverified"]);
  assert.equal((await verify("bob", "alice")).safetyNumber, mine.safetyNumber);
  assert.equal((await verify("alice", "bob", "--code", String(mine.safetyNumber))).verified, true);
  await stage.send("alice", "bob", "to a verified one");

  await link(stage, "bob", "phone");
  const blocked = await parley(["send", "bob", "too early", "--json"], stage.home("alice"));
  assert.deepEqual([blocked.code, errorCode(blocked.stderr)], [4, "verification-changed"]);
  const listed = async () => {
    const users = await parleyJson(["users"], stage.home("alice"));
    return users.map(({ user, state }) => `${user} ${state}`);
  };
  assert.deepEqual(await listed(), ["alice undefined", "bob changed"]);
  const accepted = await parley(["send", "bob", "accepted", "--accept-change"], stage.home("alice"));
  assert.equal(accepted.code, 0, accepted.stderr);
  assert.match(accepted.stderr, /accepted bob's new device phone \(SHA256:/);
  assert.deepEqual(await listed(), ["alice undefined", "bob accepted"]);
  for (const home of ["bob", "bob-phone"]) {
    const texts = (await textsIn(stage.home(home))).filter((text) => text !== "to a verified one");
    assert.deepEqual(texts, ["accepted"]);
  }
  assert.equal((await verify("alice", "bob", "--confirm")).verified, true);
  const conflict = await parley(["verify", "bob", "--confirm", "--forget"], stage.home("alice"));
  assert.equal(conflict.code, 2);
  const wrong = await parley(["verify", "bob", "--code", "0".repeat(60), "--json"], stage.home("alice"));
  assert.deepEqual([wrong.code, errorCode(wrong.stderr)], [4, "safety-number-wrong"]);
});
