import assert from "node:assert/strict";
import { errorCode, parley, parleyJson, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

const PASSPHRASE = "a passphrase for the backup";

/** Writes a backup of a user's device and returns the file. */
async function backUp(stage: Stage, user: string): Promise<string> {
  const file = `${stage.folder}/${user}.parley`, passphrase = `${stage.folder}/passphrase`;
  await Deno.writeTextFile(passphrase, `${PASSPHRASE}\n`);
  const [written] = await parleyJson(["backup", file, "--passphrase-file", passphrase], stage.home(user));
  assert.deepEqual([written?.type, written?.user, written?.device], ["backup", user, "one"]);
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  return file;
}

function restore(stage: Stage, file: string, home: string): Promise<Record<string, unknown>[]> {
  return parleyJson(["restore", file, "--passphrase-file", `${stage.folder}/passphrase`], home);
}

async function textsIn(home: string, ...args: string[]): Promise<unknown[]> {
  return (await parleyJson(["history", ...args], home)).map(({ type, text }) =>
    type === "message" ? text : type
  );
}

Deno.test("a device that is restored from a backup has its history and marks, and enters its conversations by itself", async () => {
  await using stage = await Stage.open("alice", "bob");
  const [alice, bob] = [stage.home("alice"), stage.home("bob")];
  await stage.run("group", "create", "team", "bob", "--home", alice);
  await stage.send("alice", "bob", "hello bob");
  await stage.run("send", "--group", "team", "hello team", "--home", alice);
  await stage.inbox("bob");
  await stage.send("bob", "alice", "hello alice");
  await stage.inbox("alice");
  await parleyJson(["verify", "alice", "--confirm"], bob);
  await parleyJson(["send", "alice", "waits", "--wait", "queued"], bob);
  const before = await parleyJson(["history", "alice"], bob);
  const file = await backUp(stage, "bob");
  await stage.send("alice", "bob", "after the backup");

  await Deno.remove(bob, { recursive: true });
  const [restored] = await restore(stage, file, bob);
  assert.deepEqual([restored?.type, restored?.messages, restored?.marks, restored?.queued], [
    "restored",
    4,
    1,
    1,
  ]);
  assert.deepEqual(await parleyJson(["history", "alice"], bob), before);
  assert.deepEqual(await textsIn(bob, "alice", "--search", "HELLO"), ["hello bob", "hello alice"]);

  const lines = await stage.inbox("bob");
  assert.deepEqual(
    lines.map(({ type, conversation }) => [type, conversation]).filter(([type]) => type === "rejoined")
      .length,
    2,
  );
  const rejoined = lines.find(({ type }) => type === "rejoined");
  assert.match(String(rejoined?.reason), /^this device was restored from a backup of \d{4}-/);
  // What came after the backup is asked for and sent again.
  await stage.inbox("alice");
  await stage.inbox("bob");
  const direct = await textsIn(bob, "alice");
  assert.ok(direct.includes("after the backup"), direct.join());
  assert.equal(direct.includes("undecryptable"), false);
  assert.equal((await parleyJson(["verify", "alice"], bob))[0]?.verified, true);

  await parleyJson(["send", "alice", "back"], bob);
  const heard = (await stage.inbox("alice")).map(({ text }) => text);
  assert.deepEqual(heard, ["back"]);
  assert.equal((await textsIn(alice, "bob")).filter((text) => text === "waits").length, 1);
  await stage.run("send", "--group", "team", "good to see you", "--home", alice);
  const arrived = await stage.inbox("bob");
  assert.ok(arrived.some(({ text, group }) => text === "good to see you" && group === "team"));
});

Deno.test("a backup opens with its passphrase only, which the restored identity has then where it had one", async () => {
  await using stage = await Stage.open();
  const passphrase = `${stage.folder}/passphrase`;
  await Deno.writeTextFile(passphrase, `${PASSPHRASE}\n`);
  const invite = await stage.invite("alice");
  const enrol = ["enroll", invite, "--device", "one", "--passphrase-file", passphrase];
  await parleyJson(enrol, stage.home("alice"));
  // The identity's passphrase is not given: that of the backup is tried.
  const file = await backUp(stage, "alice");
  const elsewhere = stage.home("elsewhere");
  const codeOf = async (path: string, home: string, given = passphrase) => {
    const { code, stderr } = await parley(["restore", path, "--passphrase-file", given, "--json"], home);
    return [code, errorCode(stderr)];
  };
  assert.deepEqual(await codeOf(file, stage.home("alice")), [2, "identity-exists"]);
  const wrong = `${stage.folder}/wrong`;
  await Deno.writeTextFile(wrong, "something else\n");
  assert.deepEqual(await codeOf(file, elsewhere, wrong), [4, "passphrase-wrong"]);
  assert.deepEqual(await codeOf(passphrase, elsewhere), [3, "backup-malformed"]);
  await assert.rejects(Deno.stat(elsewhere), Deno.errors.NotFound);
  assert.equal((await restore(stage, file, elsewhere))[0]?.protected, true);
  const locked = await parley(["inbox", "--json"], elsewhere);
  assert.deepEqual([locked.code, errorCode(locked.stderr)], [2, "no-passphrase-source"]);
  const [listed] = await parleyJson(["devices", "list", "--passphrase-file", passphrase], elsewhere);
  assert.equal(listed?.this, true);
});

Deno.test("of two copies of a device one gives way and says so; what others send reaches the other one", async () => {
  await using stage = await Stage.open("alice", "bob");
  const [alice, bob] = [stage.home("alice"), stage.home("bob")];
  await stage.send("alice", "bob", "one");
  await stage.inbox("bob");
  const file = await backUp(stage, "bob");
  const copy = stage.home("copy");
  await restore(stage, file, copy);

  await using original = new Running(["inbox", "--follow", "--json"], bob);
  await stage.send("alice", "bob", "two");
  await original.line((line) => line.includes('"two"'));
  await using restored = new Running(["inbox", "--follow", "--json"], copy);
  await restored.line((line) => line.includes('"rejoined"'));
  await original.line((line) => line.includes('"duplicated"'));
  await stage.send("alice", "bob", "three");
  await restored.line((line) => line.includes('"three"'));

  // The original says why it does not send, and keeps nobody from anything.
  const refused = await parley(["send", "alice", "from the original", "--json"], bob);
  assert.deepEqual([refused.code, errorCode(refused.stderr)], [4, "device-duplicated"]);
  restored.kill("SIGTERM");
  await restored.ended();
  await stage.send("alice", "bob", "four");
  await stage.send("alice", "bob", "five");
  const texts = (await parleyJson(["inbox"], copy)).map(({ type, text }) => type === "message" ? text : type);
  assert.deepEqual(texts, ["four", "five"]);
  await parleyJson(["send", "alice", "from the copy"], copy);
  assert.deepEqual((await parleyJson(["inbox"], alice)).map(({ text }) => text), ["from the copy"]);
  assert.equal(original.lines.some((line) => line.includes('"three"')), false);
});
