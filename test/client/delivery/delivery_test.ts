import assert from "node:assert/strict";
import { decodeHex } from "../../../lib/bytes/mod.ts";
import type { Client, ReceiptPolicy } from "../../../lib/client/mod.ts";
import { Ed25519Verifier } from "../../../lib/crypto/mod.ts";
import { parseCertificate } from "../../../lib/pki/mod.ts";
import { decodeRelayStatement, type DeviceRef } from "../../../lib/wire/mod.ts";
import { World } from "../../support/world.ts";

/** Connects as one process would that fetches, shows and ends; returns what it shows. */
async function fetch(world: World, who: DeviceRef, receipts: ReceiptPolicy = "read") {
  const client = await world.client(who, world.home, receipts);
  await client.connect();
  await client.catchUp();
  const lines = client.history.unread(1_000);
  await client.history.markShown(lines);
  await world.close(client);
  return lines;
}

async function online(world: World, who: DeviceRef): Promise<Client> {
  const client = await world.client(who);
  await client.connect();
  return client;
}

async function send(client: Client, to: string, text: string, expiresInMs?: number): Promise<string> {
  const sent = await client.composer.enqueue(client.conversationWith(to), {
    type: "text",
    text,
    expiresInMs,
  });
  await client.deliverSent(sent);
  return sent.id;
}

Deno.test("nobody is told more than the policy says", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/one"), await world.enrol("bob/one")];
  const client = await online(world, alice);
  const status = (id: string) => client.delivery.status(id).status;
  const first = await send(client, "bob", "one");
  assert.equal((await fetch(world, bob, "none")).length, 1);
  await client.catchUp();
  assert.equal(status(first), "relayed");
  const second = await send(client, "bob", "two");
  await fetch(world, bob, "delivered");
  await client.catchUp();
  assert.deepEqual([status(first), status(second)], ["relayed", "delivered"]);
  const third = await send(client, "bob", "three");
  await fetch(world, bob);
  await client.catchUp();
  assert.deepEqual([status(first), status(second), status(third)], ["relayed", "delivered", "read"]);
});

Deno.test("a hundred messages are answered by one entry", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/one"), await world.enrol("bob/one")];
  const client = await online(world, alice);
  const conversation = client.conversationWith("bob");
  const sent = await Promise.all(
    Array.from(
      { length: 100 },
      (_, i) => client.composer.enqueue(conversation, { type: "text", text: `${i}` }),
    ),
  );
  await client.deliver(conversation);
  assert.equal((await fetch(world, bob)).length, 100);
  await client.catchUp();
  for (const { id } of sent) assert.equal(client.delivery.status(id).status, "read");
  const next = await send(client, "bob", "next");
  await client.delivery.obtainRelayReceipts(sent[99]!);
  await client.delivery.obtainRelayReceipts({ id: next, conversation });
  const seqs = [sent[99]!.id, next].map((id) => client.delivery.status(id).relay!.seq);
  assert.equal(seqs[1], seqs[0]! + 2);
});

Deno.test("status tells of each device, and what the relay has signed", async () => {
  await using world = await World.open();
  const [alice, , two] = [
    await world.enrol("alice/one"),
    await world.enrol("bob/one"),
    await world.enrol("bob/two"),
  ];
  const client = await online(world, alice);
  const id = await send(client, "bob", "to both");
  await client.delivery.obtainRelayReceipts({ id, conversation: "direct:alice,bob" });
  await fetch(world, two);
  await client.catchUp();
  const { users, relay } = client.delivery.status(id.slice(0, 6));
  assert.deepEqual(
    users!.map(({ user, status, devices }) => [user, status, devices.map(({ device }) => device)]),
    [
      ["bob", "read", ["two"]],
    ],
  );
  const { mailbox, entries } = decodeRelayStatement(relay!.statement);
  assert.deepEqual([mailbox, entries.length], ["direct:alice,bob", 1]);
  assert.deepEqual(new Uint8Array(entries[0]!.id), decodeHex(id));
  assert.equal(entries[0]!.digest.toHex(), relay!.sha256);
  const { spki } = parseCertificate(relay!.certificates[0]!);
  assert.ok(new Ed25519Verifier(spki.subarray(-32)).verify(relay!.statement, relay!.signature));
});

Deno.test("notes to oneself are read by nobody else, and one's other device shows them as one's own", async () => {
  await using world = await World.open();
  const [one, two] = [await world.enrol("alice/one"), await world.enrol("alice/two")];
  await world.enrol("bob/one");
  const client = await online(world, one);
  const note = await client.composer.enqueue("direct:alice,alice", { type: "text", text: "note" });
  assert.throws(() => client.delivery.assertReported(note.conversation), { code: "receipts-unavailable" });
  client.delivery.assertReported("direct:alice,bob");
  await client.deliverSent(note);
  await send(client, "bob", "to bob");
  const lines = await fetch(world, two);
  assert.deepEqual(lines.map(({ text, outgoing, device }) => ({ text, outgoing, device })), [
    { text: "note", outgoing: true, device: "one" },
    { text: "to bob", outgoing: true, device: "one" },
  ]);
});

Deno.test("a message that vanishes is gone at both ends and from the relay's disk, and who is late is told", async () => {
  await using world = await World.open();
  const [alice, bob, late] = [
    await world.enrol("alice/one"),
    await world.enrol("bob/one"),
    await world.enrol("bob/late"),
  ];
  const client = await online(world, alice);
  await send(client, "bob", "lasting");
  const id = await send(client, "bob", "vanishing", 60_000);
  await send(client, "bob", "after");
  assert.deepEqual((await fetch(world, bob)).map(({ text }) => text), ["lasting", "vanishing", "after"]);
  await world.passToExpiry(61_000);

  const texts = async (who: Client) =>
    (await who.history.read({ conversation: "direct:alice,bob", limit: 9 })).map(({ text }) => text);
  assert.deepEqual(await texts(client), ["lasting", "after"]);
  assert.throws(() => client.delivery.status(id), { code: "message-unknown" });
  const atBob = await world.client(bob);
  assert.deepEqual(atBob.history.after(0).map(({ text }) => text), ["lasting", "after"]);
  assert.deepEqual(await texts(atBob), ["lasting", "after"]);
  const lines = await fetch(world, late);
  assert.deepEqual(lines.map(({ type, text }) => ({ type, text })), [
    { type: "message", text: "lasting" },
    { type: "expired", text: "" },
    { type: "message", text: "after" },
  ]);
});

Deno.test("a message whose time is up before the relay was reached is not sent", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/one"), await world.enrol("bob/one")];
  const client = await online(world, alice);
  await send(client, "bob", "first");
  await client.composer.enqueue("direct:alice,bob", { type: "text", text: "too late", expiresInMs: 1_000 });
  world.relay.pass(2_000);
  await client.deliver("direct:alice,bob");
  assert.deepEqual((await fetch(world, bob)).map(({ text }) => text), ["first"]);
});

Deno.test("purge() leaves nothing but what waits", async () => {
  await using world = await World.open();
  const alice = await world.enrol("alice/one");
  await world.enrol("bob/one");
  const client = await online(world, alice);
  const id = await send(client, "bob", "old");
  await client.composer.enqueue("direct:alice,bob", { type: "text", text: "waits" });
  const before = new Date(world.relay.now().getTime() + 60_000);
  assert.equal(await client.history.purge(before, "direct:alice,carol"), 0);
  assert.equal(await client.history.purge(before), 1);
  assert.throws(() => client.history.find(id), { code: "message-unknown" });
  const left = await client.history.read({ conversation: "direct:alice,bob", limit: 9 });
  assert.deepEqual(left.map(({ text }) => text), ["waits"]);
});

Deno.test("only its author can change a message, and only a message can be changed", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/one"), await world.enrol("bob/one")];
  const client = await online(world, alice);
  const id = await send(client, "bob", "mine");
  await fetch(world, bob);
  const atBob = await world.client(bob);
  const compose = (draft: Parameters<Client["composer"]["enqueue"]>[1]) =>
    Promise.try(() => atBob.composer.enqueue("direct:alice,bob", draft));
  await assert.rejects(compose({ type: "edit", target: id, text: "his" }), { code: "message-foreign" });
  await assert.rejects(compose({ type: "delete", target: id }), { code: "message-foreign" });
  await assert.rejects(compose({ type: "reaction", target: "abc", reaction: "x" }), {
    code: "message-id-malformed",
  });
  await assert.rejects(compose({ type: "reaction", target: "0".repeat(32), reaction: "x" }), {
    code: "message-unknown",
  });
  await assert.rejects(compose({ type: "text", text: "x", expiresInMs: 10 }), { code: "expiry-malformed" });
  const reaction = await compose({ type: "reaction", target: id, reaction: "👍" });
  await assert.rejects(compose({ type: "edit", target: reaction.id, text: "x" }), { code: "message-unfit" });
});
