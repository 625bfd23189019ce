import assert from "node:assert/strict";
import {
  deviceLinkMessage,
  hashCertificate,
  hashInviteToken,
  importPrivateKey,
  parseCertificate,
  parseRevocationList,
  signMessage,
} from "../../lib/pki/mod.ts";
import { initCa, openCa } from "../../lib/store/mod.ts";
import {
  connectDevice,
  issueDevice,
  startTestRelay,
  type TestDevice,
  TestRelay,
} from "../support/relay_fixture.ts";

const HOUR_MS = 3_600_000;
const lastResort = new Uint8Array(3);

/** A connected device of alice's that has published keys, with what it needs to sign. */
async function aliceWith(relay: TestRelay, name: string) {
  const device = { user: "alice", device: name };
  const identity = await issueDevice(relay.admin.authority, device);
  const connected = await connectDevice(relay.admin.authority, relay.port, device, identity);
  await connected.connection.request("publish-key-packages", { packages: [], lastResort });
  const { privateKey } = await importPrivateKey(identity.keyPem);
  return { ...connected, identity, privateKey };
}

async function linkRequest(relay: TestRelay, { privateKey }: { privateKey: CryptoKey }, device: string) {
  const tokenHash = hashInviteToken(crypto.getRandomValues(new Uint8Array(16)));
  const expiresAt = relay.now().getTime() + HOUR_MS;
  const address = { host: "127.0.0.1", port: relay.port };
  const link = { user: "alice", device, tokenHash, expiresAt: new Date(expiresAt), relay: address };
  const rootHash = hashCertificate(relay.admin.authority.root);
  const signature = await signMessage(deviceLinkMessage(link, rootHash), privateKey);
  return { device, tokenHash, expiresAt, relay: `127.0.0.1:${relay.port}`, signature };
}

function close(...devices: TestDevice[]): Promise<unknown> {
  return Promise.all(devices.map(({ connection }) => connection.close()));
}

Deno.test("link-device takes an invite that the connection's key has signed, and no other, at a bounded rate", async () => {
  await using relay = await TestRelay.start({ linkBurst: 3, linksPerSecond: 0.0001 });
  const laptop = await aliceWith(relay, "laptop");
  const request = await linkRequest(relay, laptop, "phone");
  await laptop.connection.request("link-device", request);
  relay.admin.authority.checkInvite(request.tokenHash, { user: "alice", device: "phone", spki: lastResort });
  const foreign = { ...request, tokenHash: new Uint8Array(32) };
  await assert.rejects(laptop.connection.request("link-device", foreign), { code: "link-signature" });
  const bob = await relay.device("bob/desk");
  const fromBob = await linkRequest(relay, laptop, "tablet");
  await assert.rejects(bob.connection.request("link-device", fromBob), { code: "link-signature" });
  await laptop.connection.request("link-device", await linkRequest(relay, laptop, "tablet"));
  const more = laptop.connection.request("link-device", await linkRequest(relay, laptop, "watch"));
  await assert.rejects(more, { code: "rate-limited" });
  await close(laptop, bob);
});

Deno.test("a user's other devices hear when a new one has published its keys", async () => {
  await using relay = await TestRelay.start();
  const laptop = await aliceWith(relay, "laptop");
  const bob = await relay.device("bob/desk");
  assert.deepEqual(laptop.pushes, []);
  const phone = await aliceWith(relay, "phone");
  await laptop.pushed((pushes) => pushes.length > 0);
  assert.deepEqual([laptop.pushes, phone.pushes, bob.pushes], [[{ push: "devices-changed" }], [], []]);
  // More of the same are no news.
  await phone.connection.request("publish-key-packages", { packages: [new Uint8Array(2)] });
  await laptop.connection.request("watch", {});
  assert.equal(laptop.pushes.length, 1);
  await close(laptop, phone, bob);
});

Deno.test("revoke-device ends another device of the same user: connection, certificate and CRL", async () => {
  await using relay = await TestRelay.start();
  const laptop = await aliceWith(relay, "laptop");
  const phone = await aliceWith(relay, "phone");
  const bob = await relay.device("bob/desk");
  const revoke = (from: TestDevice, device: string) => from.connection.request("revoke-device", { device });
  await assert.rejects(revoke(laptop, "laptop"), { code: "device-own" });
  await assert.rejects(revoke(laptop, "nothing"), { code: "device-unknown" });
  await assert.rejects(revoke(laptop, "desk"), { code: "device-unknown" });
  const { revokedAt } = await revoke(laptop, "phone");
  assert.equal((await phone.connection.closed)?.code, "cert-revoked");
  assert.equal((await revoke(laptop, "phone")).revokedAt, revokedAt);
  const [push] = await bob.pushed((pushes) => pushes.length > 0);
  const { serial } = relay.admin.authority.list({ user: "alice", device: "phone" })[0]!;
  assert.ok(push?.push === "crl" && parseRevocationList(push.crl).revoked.has(serial));
  const again = connectDevice(
    relay.admin.authority,
    relay.port,
    { user: "alice", device: "phone" },
    phone.identity,
  );
  await assert.rejects(again, { code: "cert-revoked" });
  await close(laptop, bob);
});

Deno.test("a device that was revoked a moment ago revokes nobody", async () => {
  await using relay = await TestRelay.start();
  const [laptop, phone] = [await aliceWith(relay, "laptop"), await aliceWith(relay, "phone")];
  relay.admin.authority.revoke({ user: "alice", device: "phone" });
  await assert.rejects(phone.connection.request("revoke-device", { device: "laptop" }), {
    code: "cert-revoked",
  });
  const [laptopNow] = relay.admin.authority.list({ user: "alice", device: "laptop" });
  assert.equal(laptopNow?.revocation, undefined);
  await close(laptop);
});

Deno.test("certificates gives the valid ones of the users asked for, and when one's own were seen", async () => {
  await using relay = await TestRelay.start();
  const [laptop, phone] = [await aliceWith(relay, "laptop"), await aliceWith(relay, "phone")];
  const bob = await relay.device("bob/desk");
  await issueDevice(relay.admin.authority, { user: "bob", device: "lost" });
  relay.admin.authority.revoke({ user: "bob", device: "lost" });
  await phone.connection.close();
  const users = ["bob", "alice", "bob", "nobody"];
  const ask = () => laptop.connection.request("certificates", { users });
  let { devices } = await ask();
  // The relay notes the end of a connection a moment after it.
  while (!devices.some(({ lastSeen }) => lastSeen !== undefined)) ({ devices } = await ask());
  assert.deepEqual(devices.map(({ user, device, online }) => `${user}/${device} ${online}`), [
    "bob/desk true",
    "alice/laptop true",
    "alice/phone false",
  ]);
  for (const { user, device, certificate } of devices) {
    const { extensions } = parseCertificate(certificate);
    assert.deepEqual(extensions.subjectAltNames?.uris, [`parley:${user}/${device}`]);
  }
  const seen = devices.find(({ device }) => device === "phone")?.lastSeen ?? 0;
  assert.ok(Math.abs(seen - relay.now().getTime()) < 60_000);
  const asked = await bob.connection.request("certificates", { users: ["alice"] });
  assert.deepEqual(asked.devices.map(({ lastSeen }) => lastSeen), [undefined, undefined]);
  await close(laptop, bob);
});

Deno.test("when a device was seen last is still known to a relay that was stopped and started again", async () => {
  const folder = await Deno.makeTempDir();
  await initCa(`${folder}/ca`, { name: "Test CA" });
  using ca = openCa(`${folder}/ca`);
  const device = { user: "alice", device: "phone" };
  const identity = await issueDevice(ca.authority, device);
  const before = await startTestRelay(folder, ca);
  const phone = await connectDevice(ca.authority, before.address.port, device, identity);
  await before.close(); // ends the connection
  await phone.connection.closed;
  const after = await startTestRelay(folder, ca);
  const again = await connectDevice(ca.authority, after.address.port, device, identity);
  const { devices } = await again.connection.request("certificates", { users: ["alice"] });
  assert.ok(Math.abs((devices[0]?.lastSeen ?? 0) - Date.now()) < 60_000);
  await close(again);
  await after.close();
  await Deno.remove(folder, { recursive: true });
});
