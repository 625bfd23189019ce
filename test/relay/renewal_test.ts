import assert from "node:assert/strict";
import { parseCertificate } from "../../lib/pki/mod.ts";
import { type ClientConnection, dial, type TlsIdentity } from "../../lib/transport/mod.ts";
import { issueDevice, TestRelay } from "../support/relay_fixture.ts";

const DAY_MS = 24 * 60 * 60_000;
const LIFETIME_MS = 30 * DAY_MS;
const device = { user: "alice", device: "laptop" };

/** Connects; who the relay is does not matter here. */
function connect(relay: TestRelay, identity: TlsIdentity): Promise<ClientConnection> {
  const checkServer = () => ({ serial: "", notAfter: new Date(), fingerprint: "" });
  return dial({ host: "127.0.0.1", port: relay.port, identity, checkServer });
}

/** Connects a device whose certificate was issued now, after so many days. */
async function connectAfter(relay: TestRelay, days: number, who = device) {
  const identity = await issueDevice(relay.admin.authority, who);
  relay.pass(days * DAY_MS);
  const connection = await connect(relay, identity);
  const hello = await connection.request("hello", { version: 1, agent: "test" });
  return { identity, connection, hello };
}

Deno.test("renew gives the same certificate while it is not due, then a new one for the same key and time", async () => {
  await using relay = await TestRelay.start({}, { leafLifetimeMs: LIFETIME_MS });
  const { connection } = await connectAfter(relay, 19);
  const [issued] = relay.admin.authority.list(device);
  const early = await connection.request("renew", {});
  assert.equal(parseCertificate(early.certificates[0]!).serial, issued!.serial);
  relay.pass(2 * DAY_MS);
  const renewed = parseCertificate((await connection.request("renew", {})).certificates[0]!);
  assert.notEqual(renewed.serial, issued!.serial);
  assert.equal(renewed.notAfter.getTime() - renewed.notBefore.getTime(), LIFETIME_MS + 5 * 60_000);
  // The answer may have been lost: asking again issues nothing more.
  const again = await connection.request("renew", {});
  assert.equal(parseCertificate(again.certificates[0]!).serial, renewed.serial);
  assert.equal(relay.admin.authority.list(device).length, 2);
  await connection.close();
});

Deno.test("an expired certificate may renew and do nothing else, and after the grace period not even connect", async () => {
  await using relay = await TestRelay.start({}, { leafLifetimeMs: LIFETIME_MS });
  const { connection, hello, identity } = await connectAfter(relay, 36);
  assert.deepEqual([hello.expired, hello.device, hello.keyPackages], [true, device, undefined]);
  for (const op of ["watch", "devices", "mailboxes"] as const) {
    await assert.rejects(connection.request(op, {}), { code: "cert-expired" });
  }
  await assert.rejects(connection.request("publish-key-packages", { packages: [] }), {
    code: "cert-expired",
  });
  const { certificates } = await connection.request("renew", {});
  assert.ok(parseCertificate(certificates[0]!).notAfter > relay.now());
  relay.pass(2 * DAY_MS);
  assert.equal((await connection.closed)?.code, "cert-expired");
  const late = await connect(relay, identity);
  assert.equal((await late.closed)?.code, "cert-expired");
});

Deno.test("what was revoked is not renewed, neither by itself nor by an older certificate of the key", async () => {
  await using relay = await TestRelay.start({}, { leafLifetimeMs: LIFETIME_MS });
  const { authority } = relay.admin;
  const { connection, identity } = await connectAfter(relay, 25);
  await connection.request("renew", {});
  const [first, second] = authority.list(device);
  authority.revoke({ serial: second!.serial });
  await assert.rejects(connection.request("renew", {}), { code: "cert-revoked" });
  await connection.close();
  // The first one has expired, and could have been renewed still.
  relay.pass(8 * DAY_MS);
  await assert.rejects(authority.renewDevice(first!.serial), { code: "cert-revoked" });
  assert.deepEqual(authority.revoke(device).map(({ serial }) => serial), [first!.serial]);
  const again = await connect(relay, identity);
  assert.equal((await again.closed)?.code, "cert-revoked");
});

Deno.test("a connection that has outlived its certificate is closed when the device is revoked", async () => {
  await using relay = await TestRelay.start({}, { leafLifetimeMs: LIFETIME_MS });
  const { connection } = await connectAfter(relay, 25);
  await connection.request("renew", {});
  relay.pass(5 * DAY_MS + 60_000);
  await connection.request("mailboxes", {});
  relay.admin.authority.revoke(device);
  assert.equal((await connection.closed)?.code, "cert-revoked");
});

Deno.test("a name that was taken while it was free is not given back by renewing", async () => {
  await using relay = await TestRelay.start({}, { leafLifetimeMs: LIFETIME_MS });
  const { connection } = await connectAfter(relay, 31);
  await issueDevice(relay.admin.authority, device);
  await assert.rejects(connection.request("renew", {}), { code: "device-exists" });
  await connection.close();
});

Deno.test("the relay renews its own certificate while connections stay open", async () => {
  const renewed = Promise.withResolvers<void>();
  const log = {
    info: (message: string) => message.includes("is renewed") && renewed.resolve(),
    error: (message: string, properties?: Record<string, unknown>) => {
      renewed.reject(new Error(`${message} ${JSON.stringify(properties)}`));
    },
  };
  await using relay = await TestRelay.start({}, { leafLifetimeMs: 3_000, log });
  const { connection } = await connectAfter(relay, 0);
  const before = connection.peerChain[0]!;
  await renewed.promise;
  const { connection: second } = await connectAfter(relay, 0, { user: "bob", device: "phone" });
  assert.notDeepEqual(second.peerChain[0], before);
  assert.deepEqual(parseCertificate(second.peerChain[0]!).subject, parseCertificate(before).subject);
  await connection.request("mailboxes", {});
  await Promise.all([connection.close(), second.close()]);
});
