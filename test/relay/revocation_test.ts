import assert from "node:assert/strict";
import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import { parseRevocationList } from "../../lib/pki/mod.ts";
import { append, connectDevice, createGroup, issueDevice, TestRelay } from "../support/relay_fixture.ts";

const DAY_MS = 24 * 60 * 60_000;

Deno.test("a certificate that another process revokes is out within a second, and everyone else learns it", async () => {
  await using relay = await TestRelay.start();
  const { authority } = relay.admin;
  await using alice = await relay.device("alice/laptop");
  const device = { user: "bob", device: "phone" };
  const identity = await issueDevice(authority, device);
  const bob = await connectDevice(authority, relay.port, device, identity);
  await bob.connection.request("publish-key-packages", { packages: [], lastResort: new Uint8Array(3) });
  const mailbox = await createGroup(alice, bob);

  authority.revoke(device);
  const revokedAt = performance.now();
  assert.equal((await bob.connection.closed)?.code, "cert-revoked");
  assert.ok(performance.now() - revokedAt < 1_000);
  const [push] = await alice.pushed((pushes) => pushes.length > 0);
  assert.ok(push?.push === "crl");
  const serial = authority.list(device)[0]!.serial;
  assert.ok(parseRevocationList(push.crl).revoked.has(serial));
  await assert.rejects(connectDevice(authority, relay.port, device, identity), { code: "cert-revoked" });
  const devices = [device];
  assert.deepEqual(await alice.connection.request("take-key-packages", { devices }), { packages: [] });
  assert.deepEqual(await alice.connection.request("devices", {}), { devices: [] });

  // Who takes its name is another device: it reads nothing of what the first one could.
  await using successor = await relay.device("bob/phone");
  await assert.rejects(append(successor, mailbox, 1), { code: "not-a-member" });
  const { mailboxes } = await successor.connection.request("mailboxes", {});
  assert.deepEqual(mailboxes.map(({ mailbox }) => mailbox), ["device:bob/phone"]);
  const own = await successor.connection.request("sync", {
    mailbox: "device:bob/phone",
    after: 0,
    limit: 10,
  });
  assert.deepEqual(own.entries, []);
});

Deno.test("a device that is revoked just before it connects is refused, without waiting for the next look", async () => {
  await using relay = await TestRelay.start();
  const { authority } = relay.admin;
  for (let i = 0; i < 5; i++) {
    const device = { user: "eve", device: `d${i}` };
    const identity = await issueDevice(authority, device);
    authority.revoke(device);
    await assert.rejects(connectDevice(authority, relay.port, device, identity), { code: "cert-revoked" });
  }
});

Deno.test("a connection whose certificate expires is closed", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  relay.pass(366 * DAY_MS);
  assert.equal((await alice.connection.closed)?.code, "cert-expired");
});

Deno.test("the log says who connected and nothing of what was said", async () => {
  const records: LogRecord[] = [];
  configureSync({
    sinks: { memory: (record) => records.push(record) },
    loggers: [{ category: "parley", sinks: ["memory"] }, { category: ["logtape", "meta"], sinks: [] }],
  });
  try {
    await using relay = await TestRelay.start();
    await using alice = await relay.device("alice/laptop");
    const mailbox = await createGroup(alice);
    const before = records.length;
    for (let i = 0; i < 5; i++) await append(alice, mailbox, 1, "the marker text");
    assert.equal(records.length, before);
    await alice.connection.close();
    await relay.relay.close();
  } finally {
    resetSync();
  }
  const text = JSON.stringify(records.map(({ message, properties }) => [message, properties]));
  assert.match(text, /alice\/laptop/);
  assert.match(text, /disconnected/);
  assert.doesNotMatch(text, /marker|group:/);
});
