import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Ed25519Verifier } from "../../lib/crypto/mod.ts";
import { decodeBase64 } from "../../lib/bytes/mod.ts";
import { parseCertificate } from "../../lib/pki/mod.ts";
import { decodeRelayStatement } from "../../lib/wire/mod.ts";
import { parley, parleyJson, parseLines, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

/** The entries of conversations that the relay has ever numbered; what was fetched is deleted, the number is not. */
function countEntries(stage: Stage): number {
  const db = new DatabaseSync(`${stage.data}/mailboxes.db`, { readOnly: true });
  try {
    return Number(db.prepare("SELECT head FROM mailbox WHERE name = 'direct:alice,bob'").get()?.head);
  } finally {
    db.close();
  }
}

async function statusOf(stage: Stage, user: string, id: unknown): Promise<Record<string, unknown>> {
  const [status] = await parleyJson(["status", String(id)], stage.home(user));
  return status!;
}

Deno.test("send --wait delivered exits with 6 while the other is away, and the message is delivered all the same", async () => {
  await using stage = await Stage.open("alice", "bob");
  const args = ["send", "bob", "x", "--wait", "delivered", "--timeout", "1s", "--json"];
  const { code, stdout, stderr } = await parley(args, stage.home("alice"));
  assert.equal(code, 6, stderr);
  const [sent] = parseLines(stdout);
  assert.equal(sent!.status, "relayed");
  assert.match(stderr, /"code":"timeout"/);
  assert.deepEqual((await stage.inbox("bob")).map((one) => one.text), ["x"]);
  assert.equal((await statusOf(stage, "alice", sent!.id)).status, "read");
});

Deno.test("send --wait ends as soon as the message is as far: delivered by who receives, read by who shows", async () => {
  await using stage = await Stage.open("alice", "bob");
  await using bob = new Running(["connect", "alice", "--json"], stage.home("bob"));
  await using follower = new Running(["inbox", "--follow", "--json"], stage.home("alice"));
  for (const level of ["delivered", "read"]) {
    const args = ["send", "bob", level, "--wait", level, "--timeout", "20s"];
    const [sent] = await parleyJson(args, stage.home("alice"));
    assert.equal(sent!.status, "read");
  }
  await bob.count(2);
  follower.kill("SIGTERM");
});

Deno.test("nobody is told more than --receipts says", async () => {
  await using stage = await Stage.open("alice", "bob");
  const first = await stage.send("alice", "bob", "one");
  await parleyJson(["inbox", "--receipts", "none"], stage.home("bob"));
  assert.equal((await statusOf(stage, "alice", first.id)).status, "relayed");
  const second = await stage.send("alice", "bob", "two");
  await parleyJson(["inbox", "--receipts", "delivered"], stage.home("bob"));
  assert.equal((await statusOf(stage, "alice", second.id)).status, "delivered");
  assert.equal((await statusOf(stage, "alice", first.id)).status, "relayed");
});

Deno.test("a hundred messages are answered by one report", async () => {
  await using stage = await Stage.open("alice", "bob");
  const texts = Array.from({ length: 100 }, (_, i) => `line ${i}`);
  assert.equal((await parley(["connect", "bob"], stage.home("alice"), texts.join("\n"))).code, 0);
  const before = countEntries(stage);
  assert.equal((await stage.inbox("bob")).length, 100);
  assert.equal(countEntries(stage), before + 1);
  const lines = await parleyJson(["history", "bob", "--limit", "1000"], stage.home("alice"));
  assert.equal(lines.length, 100);
  for (const { id } of [lines[0]!, lines[99]!]) {
    assert.equal((await statusOf(stage, "alice", id)).status, "read");
  }
});

Deno.test("status shows every device, and the relay's signature over what it stored", async () => {
  await using stage = await Stage.open("alice", "bob");
  await stage.enrol("bob", "two");
  const { id } = await stage.send("alice", "bob", "to both");
  await stage.inbox("bob-two");
  const status = await statusOf(stage, "alice", id);
  const [bob] = status.users as { user: string; devices: { device: string; readAt: string }[] }[];
  assert.equal(bob!.user, "bob");
  assert.deepEqual(bob!.devices.map(({ device }) => device), ["two"]);

  const relay = status.relay as Record<string, string> & { certificates: string[] };
  const statement = decodeBase64(relay.statement!);
  const { mailbox, entries: [entry] } = decodeRelayStatement(statement);
  assert.equal(mailbox, "direct:alice,bob");
  assert.equal(entry!.id.toHex(), id);
  assert.equal(entry!.digest.toHex(), relay.sha256);
  const spki = parseCertificate(decodeBase64(relay.certificates[0]!)).spki;
  assert.ok(new Ed25519Verifier(spki.subarray(-32)).verify(statement, decodeBase64(relay.signature!)));
});

Deno.test("--wait says clearly where nobody will tell", async () => {
  await using stage = await Stage.open("alice");
  const { code, stderr } = await parley(["send", "alice", "note", "--wait", "read"], stage.home("alice"));
  assert.equal(code, 2);
  assert.match(stderr, /nobody else in the conversation/);
  assert.equal((await parley(["send", "alice", "note", "--wait", "queued"], stage.home("alice"))).code, 0);
});
