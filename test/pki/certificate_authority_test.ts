import assert from "node:assert/strict";
import { systemRandom as random } from "../../lib/crypto/mod.ts";
import {
  CertificateAuthority,
  DAY_MS,
  hashCertificate,
  hashInviteToken,
  parseCertificate,
  parseInvite,
  parseRevocationList,
  verifyChain,
} from "../../lib/pki/mod.ts";
import { SqliteCaLog } from "../../lib/store/ca_store_log.ts";
import { fixture, fixtureKeys } from "./fixtures.ts";

const root = fixture("root-ed25519.crt");
const rootKeys = await fixtureKeys("root-ed25519.key");
const { spki } = await fixtureKeys("good-ed25519.key");
const { spki: otherSpki } = await fixtureKeys("bad.key");
const relay = { host: "relay.example.org", port: 7443 };
const MINUTE_MS = 60_000;

/** An authority over a real log in memory, with a clock that the test turns. */
interface TestAuthority {
  authority: CertificateAuthority;
  log: SqliteCaLog;
  advance(ms: number): void;
}

async function withAuthority(work: (test: TestAuthority) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  const log = SqliteCaLog.open(path);
  let nowMs = Date.parse("2027-01-01T00:00:00Z");
  try {
    const authority = new CertificateAuthority({
      certificate: root,
      loadKey: () => Promise.resolve(rootKeys.privateKey),
      log,
      clock: () => new Date(nowMs),
      random,
    });
    await work({ authority, log, advance: (ms) => nowMs += ms });
  } finally {
    log.close();
    for (const suffix of ["", "-wal", "-shm"]) {
      await Deno.remove(path + suffix).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
  }
}

function invite(authority: CertificateAuthority, user = "alice"): Uint8Array {
  return hashInviteToken(parseInvite(authority.createInvite({ user, relay }).invite).token);
}

const laptop = { user: "alice", device: "laptop", spki };

Deno.test("CertificateAuthority issues certificates that verify, and logs each before it gives it out", async () => {
  await withAuthority(async ({ authority, log }) => {
    const now = new Date("2027-01-02");
    const device = await authority.issueDevice(laptop);
    const server = await authority.issueServer({ names: ["LOCALHOST", "127.0.0.1"], spki: otherSpki });
    const roots = [root];
    const verified = await verifyChain({ roots, chain: [device.certificate], usage: "device", now });
    assert.deepEqual([verified.user, verified.device], ["alice", "laptop"]);
    await verifyChain({ roots, chain: [server.certificate], usage: "server", now, serverName: "localhost" });
    assert.deepEqual(authority.list(), [device, server]);
    assert.deepEqual(log.findIssuance(device.serial), device);
    assert.equal(device.notAfter.getTime(), Date.parse("2027-01-01") + 365 * DAY_MS);
    assert.deepEqual(server.names, ["localhost", "127.0.0.1"]);
    assert.deepEqual(authority.list({ user: "alice" }), [device]);
    assert.deepEqual(authority.list({ user: "bob" }), []);
  });
});

Deno.test("issueDevice() refuses a second certificate for a name until the first is revoked or expired", async () => {
  await withAuthority(async ({ authority, advance }) => {
    await authority.issueDevice({ ...laptop, lifetimeMs: DAY_MS });
    await assert.rejects(authority.issueDevice({ ...laptop, spki: otherSpki }), { code: "device-exists" });
    await authority.issueDevice({ ...laptop, device: "phone" });
    advance(DAY_MS + 1);
    await authority.issueDevice(laptop);
    authority.revoke({ user: "alice", device: "laptop" });
    await authority.issueDevice(laptop);
  });
});

Deno.test("issueDevice() gives a name out once when two ask at the same time", async () => {
  await withAuthority(async ({ authority }) => {
    const results = await Promise.allSettled([authority.issueDevice(laptop), authority.issueDevice(laptop)]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assert.equal(authority.list().length, 1);
  });
});

Deno.test("revoke() revokes a serial number, a device, or all of a user, and the CRL says so", async () => {
  await withAuthority(async ({ authority, advance }) => {
    const server = await authority.issueServer({ names: ["x"], spki });
    const [first, phone] = [
      await authority.issueDevice(laptop),
      await authority.issueDevice({ ...laptop, device: "phone" }),
    ];
    const bob = await authority.issueDevice({ user: "bob", device: "laptop", spki: otherSpki });
    assert.equal(parseRevocationList(await authority.crl()).revoked.size, 0);
    advance(MINUTE_MS);

    const serial = server.serial.toUpperCase();
    assert.deepEqual(authority.revoke({ serial }).map((one) => one.serial), [server.serial]);
    const revoked = authority.revoke({ user: "alice" }, "key-compromise");
    assert.deepEqual(revoked.map((one) => one.serial), [first.serial, phone.serial]);
    assert.deepEqual(authority.list().map((one) => authority.statusOf(one)), [
      "revoked",
      "revoked",
      "revoked",
      "active",
    ]);

    const crl = await authority.crl();
    const list = parseRevocationList(crl);
    assert.deepEqual([...list.revoked.keys()], [server.serial, first.serial, phone.serial]);
    assert.equal(list.revoked.get(phone.serial)?.reason, "key-compromise");
    assert.equal(list.revoked.get(phone.serial)?.revokedAt.toISOString(), "2027-01-01T00:01:00.000Z");
    assert.equal(list.number, 2);
    assert.equal(list.nextUpdate.getTime() - list.thisUpdate.getTime(), 7 * DAY_MS);
    const question = { roots: [root], crls: [crl], usage: "device" as const, now: list.thisUpdate };
    await assert.rejects(verifyChain({ ...question, chain: [first.certificate] }), { code: "cert-revoked" });
    await verifyChain({ ...question, chain: [bob.certificate] });
  });
});

Deno.test("revoke() says when there is nothing to revoke", async () => {
  await withAuthority(async ({ authority }) => {
    const { serial } = await authority.issueDevice(laptop);
    assert.throws(() => authority.revoke({ serial: "00" }), { code: "certificate-unknown" });
    assert.throws(() => authority.revoke({ user: "alice", device: "phone" }), {
      code: "certificate-unknown",
    });
    authority.revoke({ serial });
    assert.throws(() => authority.revoke({ serial }), { name: "UsageError", code: "certificate-revoked" });
    assert.throws(() => authority.revoke({ user: "alice" }), { code: "certificate-revoked" });
    assert.equal(authority.list().length, 1);
  });
});

Deno.test("revoke() leaves expired certificates alone, except those that could still be renewed", async () => {
  await withAuthority(async ({ authority, advance }) => {
    await authority.issueDevice({ ...laptop, lifetimeMs: DAY_MS });
    advance(9 * DAY_MS);
    const lately = await authority.issueDevice({ ...laptop, lifetimeMs: DAY_MS });
    advance(7 * DAY_MS);
    const { serial } = await authority.issueDevice(laptop);
    assert.deepEqual(authority.revoke({ user: "alice", device: "laptop" }).map((one) => one.serial), [
      lately.serial,
      serial,
    ]);
  });
});

Deno.test("createInvite() makes a URL of a fresh token, of which only the hash is kept", async () => {
  await withAuthority(async ({ authority, log }) => {
    const created = authority.createInvite({ user: "alice", relay, expiresInMs: DAY_MS });
    const parsed = parseInvite(created.invite);
    assert.deepEqual([parsed.user, parsed.relay], ["alice", relay]);
    assert.deepEqual(parsed.rootHash, hashCertificate(root));
    assert.equal(created.expiresAt.toISOString(), "2027-01-02T00:00:00.000Z");
    assert.notEqual(authority.createInvite({ user: "alice", relay }).invite, created.invite);
    const record = log.findInvite(hashInviteToken(parsed.token));
    assert.equal(record?.relay, "relay.example.org:7443");
    assert.equal(log.findInvite(parsed.token), undefined);
    assert.throws(() => authority.createInvite({ user: "Alice", relay }), { code: "name-malformed" });
    await Promise.resolve();
  });
});

Deno.test("redeemInvite() issues once, and repeats itself to the same applicant for ten minutes", async () => {
  await withAuthority(async ({ authority, advance }) => {
    const tokenHash = invite(authority);
    authority.checkInvite(tokenHash, laptop);
    const issued = await authority.redeemInvite(tokenHash, laptop);
    assert.deepEqual(issued.names, ["alice/laptop"]);
    advance(10 * MINUTE_MS);
    authority.checkInvite(tokenHash, laptop);
    assert.deepEqual(await authority.redeemInvite(tokenHash, laptop), issued);

    const used = { name: "AuthenticationError", code: "invite-used" };
    await assert.rejects(authority.redeemInvite(tokenHash, { ...laptop, spki: otherSpki }), used);
    await assert.rejects(authority.redeemInvite(tokenHash, { ...laptop, device: "phone" }), used);
    advance(1);
    await assert.rejects(authority.redeemInvite(tokenHash, laptop), used);
    assert.throws(() => authority.checkInvite(tokenHash, laptop), used);
    assert.equal(authority.list().length, 1);
  });
});

Deno.test("redeemInvite() does not repeat a certificate that was revoked meanwhile", async () => {
  await withAuthority(async ({ authority }) => {
    const tokenHash = invite(authority);
    const { serial } = await authority.redeemInvite(tokenHash, laptop);
    authority.revoke({ serial });
    await assert.rejects(authority.redeemInvite(tokenHash, laptop), { code: "invite-used" });
  });
});

Deno.test("redeemInvite() tells unknown, expired and foreign invites apart from used ones", async () => {
  await withAuthority(async ({ authority, advance }) => {
    const unknown = { code: "invite-unknown" };
    await assert.rejects(authority.redeemInvite(new Uint8Array(32), laptop), unknown);
    const tokenHash = invite(authority, "bob");
    await assert.rejects(authority.redeemInvite(tokenHash, laptop), unknown);
    const bob = { user: "bob", device: "laptop", spki };
    advance(7 * DAY_MS);
    authority.checkInvite(tokenHash, bob);
    advance(1);
    await assert.rejects(authority.redeemInvite(tokenHash, bob), { code: "invite-expired" });
    assert.throws(() => authority.checkInvite(tokenHash, bob), { code: "invite-expired" });
    assert.deepEqual(authority.list(), []);
  });
});

Deno.test("redeemInvite() leaves the invite unused when the device's name is taken", async () => {
  await withAuthority(async ({ authority }) => {
    await authority.issueDevice(laptop);
    const tokenHash = invite(authority);
    const phone = { ...laptop, device: "phone", spki: otherSpki };
    await assert.rejects(authority.redeemInvite(tokenHash, { ...laptop, spki: otherSpki }), {
      code: "device-exists",
    });
    assert.throws(() => authority.checkInvite(tokenHash, laptop), { code: "device-exists" });
    assert.equal((await authority.redeemInvite(tokenHash, phone)).device, "phone");
  });
});

Deno.test("redeemInvite() issues one certificate when many redeem at the same time", async () => {
  await withAuthority(async ({ authority }) => {
    const tokenHash = invite(authority);
    const same = Array.from({ length: 5 }, () => authority.redeemInvite(tokenHash, laptop));
    const other = Array.from(
      { length: 5 },
      () => authority.redeemInvite(tokenHash, { ...laptop, device: "phone" }),
    );
    const results = await Promise.allSettled([...same, ...other]);
    const serials = results.filter((one) => one.status === "fulfilled").map((one) => one.value.serial);
    assert.equal(new Set(serials).size, 1);
    assert.equal(serials.length, 5);
    assert.equal(authority.list().length, 1);
  });
});

Deno.test("CertificateAuthority asks for its key once, only to sign, and again after a failure", async () => {
  await withAuthority(async ({ log }) => {
    let asked = 0;
    const authority = new CertificateAuthority({
      certificate: root,
      loadKey: () => {
        asked++;
        return asked === 1 ? Promise.reject(new Error("no")) : Promise.resolve(rootKeys.privateKey);
      },
      log,
      clock: () => new Date("2027-01-01"),
      random,
    });
    invite(authority);
    authority.list();
    assert.equal(asked, 0);
    await assert.rejects(authority.issueDevice(laptop), /no/);
    await authority.issueDevice(laptop);
    authority.revoke({ user: "alice" });
    await authority.crl();
    assert.equal(asked, 2);
    assert.equal(parseCertificate(authority.certificate).serial, parseCertificate(root).serial);
  });
});

Deno.test("CertificateAuthority.renew() issues for the same key and names, until a week after the end", async () => {
  await withAuthority(async ({ authority, advance }) => {
    const server = await authority.issueServer({
      names: ["a.example", "192.0.2.7"],
      spki,
      lifetimeMs: 10 * DAY_MS,
    });
    const device = await authority.issueDevice({ ...laptop, lifetimeMs: 10 * DAY_MS });
    for (const old of [server, device]) {
      const renewed = await authority.renew(old.serial.toUpperCase());
      assert.notEqual(renewed.serial, old.serial);
      assert.deepEqual([renewed.kind, renewed.names, renewed.fingerprint], [
        old.kind,
        old.names,
        old.fingerprint,
      ]);
      assert.deepEqual(renewed.notAfter, old.notAfter, "as long as the one before");
      const longer = await authority.renew(old.serial, { lifetimeMs: 20 * DAY_MS });
      assert.equal(longer.notAfter.getTime() - old.notAfter.getTime(), 10 * DAY_MS);
    }
    advance(17 * DAY_MS);
    await authority.renew(server.serial);
    advance(MINUTE_MS);
    await assert.rejects(authority.renew(server.serial), { code: "cert-expired" });
    await assert.rejects(authority.renew("00"), { code: "certificate-unknown", kind: "usage" });
  });
});

Deno.test("CertificateAuthority.renew() refuses what is revoked, or has lost its name to another key", async () => {
  await withAuthority(async ({ authority, advance }) => {
    const device = await authority.issueDevice({ ...laptop, lifetimeMs: DAY_MS });
    advance(2 * DAY_MS);
    await authority.issueDevice({ ...laptop, spki: otherSpki });
    await assert.rejects(authority.renew(device.serial), { code: "device-exists" });
    authority.revoke({ serial: device.serial });
    await assert.rejects(authority.renew(device.serial), { code: "cert-revoked" });
  });
});
