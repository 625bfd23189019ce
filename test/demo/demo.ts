/**
 * The main job, shown with real processes, sockets, certificates, MLS and SQLite in a temporary folder:
 * a CA, a relay, enrolment, a message to someone who is offline, an answer, a group, a file, and a revocation.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Ended, parley, Running } from "../support/parley.ts";

const folder = await Deno.makeTempDir({ prefix: "parley-demo-" });
const began = performance.now();

/** Prints a step's title. */
function title(text: string): void {
  console.log(`\n# ${text}`);
}

/** Shows a command as it would be typed, runs it, and shows what it printed. */
async function show(user: string, args: string[], expectedCode = 0): Promise<Ended> {
  const typed = args.map((one) => /^[\w./:,-]+$/.test(one) ? one : `"${one.slice(0, 60)}"`).join(" ");
  console.log(`${user}$ parley ${typed.replaceAll(folder + "/", "")}`);
  const started = performance.now();
  const ended = await parley(args, `${folder}/${user}`);
  for (const text of [ended.stdout, ended.stderr]) {
    if (text !== "") console.log(text.trimEnd().replaceAll(folder + "/", "").replace(/^/gm, "    "));
  }
  console.log(`    (${Math.round(performance.now() - started)} ms)`);
  assert.equal(ended.code, expectedCode, `exit code of parley ${args.join(" ")}`);
  return ended;
}

/** Invites a user and enrols a device of theirs, with a data folder of its own. */
async function enrol(user: string, device: string, address: string, home = user): Promise<void> {
  const { stdout } = await show("admin", ["ca", "invite", "--dir", `${folder}/ca`, "--relay", address, user]);
  await show(home, ["enroll", stdout.trim(), "--device", device, "--no-passphrase"]);
}

try {
  title("An authority, and a relay that holds it");
  await show("admin", ["ca", "init", "--dir", `${folder}/ca`, "--name", "Demo CA", "--no-passphrase"]);
  const serve = ["serve", "--ca", `${folder}/ca`, "--listen", "127.0.0.1:0", "--data", `${folder}/relay`];
  console.log("admin$ parley serve --ca ca --listen 127.0.0.1:0 --data relay &");
  await using relay = new Running(serve, `${folder}/admin`);
  const listening = await relay.line((line) => line.includes("listening on"));
  console.log(`    ${listening}`);
  const address = /listening on (\S+)/.exec(listening)![1]!;

  title("Two people enrol; nobody has an account anywhere");
  await enrol("alice", "laptop", address);
  await enrol("bob", "phone", address);

  title("bob is offline; alice writes all the same");
  await show("alice", ["send", "bob", "the build is green"]);

  title("bob comes and reads, and answers");
  const { stdout: inbox } = await show("bob", ["inbox", "--json"]);
  assert.equal(JSON.parse(inbox).text, "the build is green");
  await show("bob", ["send", "alice", "shipping it"]);
  const { stdout: answer } = await show("alice", ["inbox"]);
  assert.match(answer, /bob\/phone: shipping it/);

  title("A group; carol reads nothing from before she came");
  await enrol("carol", "desktop", address);
  await show("alice", ["group", "create", "team", "bob"]);
  await show("alice", ["send", "--group", "team", "shall we ask carol?"]);
  await show("alice", ["group", "add", "team", "carol"]);
  await show("alice", ["send", "--group", "team", "welcome, carol"]);
  const { stdout: members } = await show("bob", ["inbox"]);
  assert.match(members, /shall we ask carol\?/);
  const { stdout: joined } = await show("carol", ["inbox"]);
  assert.match(joined, /welcome, carol/);
  assert.doesNotMatch(joined, /shall we ask/);

  title("A file for the group, encrypted once and stored once");
  const file = Buffer.from(new Uint32Array(10_000_000).map((_, index) => index * 2_654_435_761).buffer);
  await Deno.writeFile(`${folder}/build.tar`, file);
  await show("alice", ["send", "--group", "team", "--file", `${folder}/build.tar`, "--caption", "the build"]);
  for (const user of ["bob", "carol"]) {
    await show(user, ["inbox", "--save", `${folder}/${user}-files`]);
    assert(file.equals(await Deno.readFile(`${folder}/${user}-files/build.tar`)));
  }

  title("bob's phone is lost: it is revoked, refused, and out of the conversation");
  await show("admin", ["ca", "revoke", "--dir", `${folder}/ca`, "bob/phone"]);
  await show("bob", ["inbox"], 4);
  await enrol("bob", "tablet", address, "bob-tablet");
  await show("alice", ["send", "bob", "the phone does not get this"]);
  const { stdout: tablet } = await show("bob-tablet", ["inbox"]);
  assert.match(tablet, /the phone does not get this/);
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(`\nAll of it took ${((performance.now() - began) / 1000).toFixed(1)} s.`);
