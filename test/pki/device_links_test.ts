import assert from "node:assert/strict";
import { systemRandom as random } from "../../lib/crypto/mod.ts";
import {
  CertificateAuthority,
  DAY_MS,
  type DeviceLink,
  deviceLinkMessage,
  DeviceLinks,
  generateKeyPair,
  hashCertificate,
  hashInviteToken,
  type KeyPair,
  signMessage,
} from "../../lib/pki/mod.ts";
import { SqliteCaLog } from "../../lib/store/mod.ts";
import { inFolder } from "../support/in_folder.ts";
import { fixture, fixtureKeys } from "./fixtures.ts";

const root = fixture("root-ed25519.crt");
const rootKeys = await fixtureKeys("root-ed25519.key");
const [laptopKeys, phoneKeys, otherKeys] = await Promise.all([1, 2, 3].map(() => generateKeyPair("ed25519")));
const relay = { host: "relay.example.org", port: 7443 };
const MINUTE_MS = 60_000;

/** An authority that has issued alice/laptop and bob/desk, over a real log, with a clock that the test turns. */
interface Test {
  authority: CertificateAuthority;
  links: DeviceLinks;
  /** The serial numbers of alice/laptop and bob/desk. */
  laptop: string;
  desk: string;
  now(): Date;
  advance(ms: number): void;
  /** An invite of alice/laptop for alice/phone, or what is said. */
  link(change?: Partial<DeviceLink>): DeviceLink;
}

function withLinks(work: (test: Test) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const log = SqliteCaLog.open(`${folder}/ca.db`);
    let nowMs = Date.parse("2027-01-01T00:00:00Z");
    const clock = () => new Date(nowMs);
    const loadKey = () => Promise.resolve(rootKeys.privateKey);
    const authority = new CertificateAuthority({ certificate: root, loadKey, log, clock, random });
    const issue = async (user: string, device: string, { spki }: KeyPair) =>
      (await authority.issueDevice({ user, device, spki })).serial;
    try {
      await work({
        authority,
        links: new DeviceLinks({ authority, log, clock }),
        laptop: await issue("alice", "laptop", laptopKeys!),
        desk: await issue("bob", "desk", otherKeys!),
        now: clock,
        advance: (ms) => nowMs += ms,
        link: (change) => ({
          user: "alice",
          device: "phone",
          tokenHash: hashInviteToken(random(16)),
          expiresAt: new Date(nowMs + 60 * MINUTE_MS),
          relay,
          ...change,
        }),
      });
    } finally {
      log.close();
    }
  });
}

function sign(link: DeviceLink, keys: KeyPair = laptopKeys!): Promise<Uint8Array<ArrayBuffer>> {
  return signMessage(deviceLinkMessage(link, hashCertificate(root)), keys.privateKey);
}

const phone = { user: "alice", device: "phone", spki: phoneKeys!.spki };

Deno.test("DeviceLinks takes what a device has signed, and the invite is good once, for that name and user", async () => {
  await withLinks(async ({ authority, links, laptop, link, advance }) => {
    const invite = link();
    await links.add(invite, laptop, await sign(invite));
    await links.add(invite, laptop, await sign(invite)); // the answer may have been lost
    const { tokenHash } = invite;
    const refused = (applicant: typeof phone, code: string) =>
      assert.rejects(authority.redeemInvite(tokenHash, applicant), { code });
    await refused({ ...phone, user: "bob" }, "invite-unknown");
    await refused({ ...phone, device: "tablet" }, "invite-device");
    assert.throws(() => authority.checkInvite(tokenHash, { ...phone, device: "tablet" }), {
      code: "invite-device",
    });
    const { serial } = await authority.redeemInvite(tokenHash, phone);
    const linkers = authority.list().map(({ device, linkedBy }) => [device, linkedBy]);
    assert.deepEqual(linkers, [["laptop", undefined], ["desk", undefined], ["phone", laptop]]);
    assert.equal((await authority.redeemInvite(tokenHash, phone)).serial, serial);
    await refused({ ...phone, spki: otherKeys!.spki }, "invite-used");
    advance(11 * MINUTE_MS);
    await refused(phone, "invite-used");
  });
});

Deno.test("an invite of a device ends with its time, and with the trust in the device", async () => {
  await withLinks(async ({ authority, links, laptop, link, advance }) => {
    const [late, stolen] = [link(), link({ device: "thief", expiresAt: link().expiresAt })];
    for (const one of [late, stolen]) await links.add(one, laptop, await sign(one));
    authority.revoke({ user: "alice", device: "laptop" });
    const thief = { ...phone, device: "thief" };
    await assert.rejects(authority.redeemInvite(stolen.tokenHash, thief), { code: "invite-revoked" });
    advance(61 * MINUTE_MS);
    await assert.rejects(authority.redeemInvite(late.tokenHash, phone), { code: "invite-expired" });
  });
});

Deno.test("an invite stays good where the device that made it has renewed its certificate since", async () => {
  await withLinks(async ({ authority, links, laptop, link }) => {
    const invite = link();
    await links.add(invite, laptop, await sign(invite));
    const renewed = await authority.renew(laptop);
    assert.equal((await authority.redeemInvite(invite.tokenHash, phone)).device, "phone");
    // All certificates of one key are one device's: revoking the new one ends what was made under the old one.
    const second = link({ device: "tablet" });
    await links.add(second, laptop, await sign(second));
    authority.revoke({ serial: renewed.serial });
    const tablet = { ...phone, device: "tablet" };
    await assert.rejects(authority.redeemInvite(second.tokenHash, tablet), { code: "invite-revoked" });
  });
});

Deno.test("DeviceLinks refuses other signatures, foreign and revoked devices, and what the names do not allow", async () => {
  await withLinks(async ({ authority, links, laptop, desk, link, now }) => {
    const refused = async (
      code: string,
      one: DeviceLink,
      serial = laptop,
      signed = one,
      keys = laptopKeys!,
    ) => assert.rejects(links.add(one, serial, await sign(signed, keys)), { code });
    const good = link();
    await refused("link-signature", good, laptop, good, otherKeys);
    const changes: Partial<DeviceLink>[] = [
      { device: "tablet" },
      { tokenHash: hashInviteToken(random(16)) },
      { expiresAt: new Date(good.expiresAt.getTime() + 1) },
      { relay: { host: "elsewhere.example.org", port: 7443 } },
    ];
    for (const change of changes) await refused("link-signature", { ...good, ...change }, laptop, good);
    await assert.rejects(links.add(good, laptop, new Uint8Array(3)), { code: "link-signature" });
    await refused("cert-unknown", good, desk, good, otherKeys);
    await refused("cert-unknown", good, "00");
    await refused("link-expiry", link({ expiresAt: now() }));
    await refused("link-expiry", link({ expiresAt: new Date(now().getTime() + 8 * DAY_MS) }));
    await refused("device-exists", link({ device: "laptop" }));
    await links.add(good, laptop, await sign(good));
    await refused("link-exists", { ...good, device: "tablet" });
    authority.revoke({ user: "alice", device: "laptop" });
    await refused("cert-revoked", link());
  });
});

Deno.test("DeviceLinks refuses to link devices without end", async () => {
  await withLinks(async ({ authority, links, laptop, link }) => {
    for (let n = 1; n < 32; n++) await authority.issueDevice({ ...phone, device: `d${n}` });
    const invite = link();
    await assert.rejects(links.add(invite, laptop, await sign(invite)), { code: "too-many-devices" });
    authority.revoke({ user: "alice", device: "d7" });
    await links.add(invite, laptop, await sign(invite));
  });
});
