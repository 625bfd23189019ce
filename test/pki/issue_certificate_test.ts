import assert from "node:assert/strict";
import { X509Certificate as NodeCertificate } from "node:crypto";
import { join } from "node:path";
import { formatPem } from "../../lib/bytes/mod.ts";
import { systemRandom as random } from "../../lib/crypto/mod.ts";
import {
  createDeviceCertificate,
  createRevocationList,
  createRootCertificate,
  createServerCertificate,
  CRL_PEM_LABEL,
  DAY_MS,
  formatCertificates,
  generateKeyPair,
  type Issuer,
  parseCertificate,
  type RevokedCertificate,
} from "../../lib/pki/mod.ts";
import { fixtureKeys } from "./fixtures.ts";
import { inFolder } from "../support/in_folder.ts";
import { openssl, opensslOk } from "../support/openssl.ts";

const algorithms: [string, string][] = [
  ["Ed25519", "root-ed25519.key"],
  ["ECDSA P-256", "root-p256.key"],
  ["RSA", "root-rsa.key"],
];

async function makeRoot(
  keyFile: string,
  name = "Example CA",
  days = 3650,
): Promise<Issuer & { der: Uint8Array }> {
  const keys = await fixtureKeys(keyFile);
  const der = await createRootCertificate({ name, keys, random, now: new Date(), lifetimeMs: days * DAY_MS });
  return { der, certificate: parseCertificate(der), key: keys.privateKey };
}

async function makeCrl(issuer: Issuer, revoked: RevokedCertificate[]): Promise<string> {
  const content = { number: 7, thisUpdate: new Date(), nextUpdate: new Date(Date.now() + DAY_MS), revoked };
  return formatPem(CRL_PEM_LABEL, await createRevocationList(content, issuer.certificate, issuer.key));
}

for (const [name, keyFile] of algorithms) {
  Deno.test(`openssl verifies what an authority with a key of ${name} issues, until it is revoked`, async () => {
    const root = await makeRoot(keyFile);
    const subscriber = { random, now: new Date(), lifetimeMs: 365 * DAY_MS };
    const device = await createDeviceCertificate({
      ...subscriber,
      spki: (await fixtureKeys("good-ed25519.key")).spki,
      identity: { user: "alice", device: "laptop" },
    }, root);
    const server = await createServerCertificate({
      ...subscriber,
      spki: (await fixtureKeys("good-p256.key")).spki,
      names: ["Relay.Example.org", "127.0.0.1", "::1"],
    }, root);
    const { serial } = parseCertificate(device);
    await inFolder(async (dir) => {
      const write = (file: string, text: string) => Deno.writeTextFile(join(dir, file), text);
      await write("root.crt", formatCertificates([root.der]));
      await write("device.crt", formatCertificates([device]));
      await write("server.crt", formatCertificates([server]));
      const verify = (file: string, purpose: string, ...more: string[]) => {
        const strict = ["-x509_strict", "-crl_check", "-CAfile", "root.crt", "-CRLfile", "ca.crl"];
        return openssl(dir, "verify", ...strict, "-purpose", purpose, ...more, file);
      };
      await write("ca.crl", await makeCrl(root, []));
      assert.match((await verify("device.crt", "sslclient")).stdout, /OK/);
      assert.match(
        (await verify("server.crt", "sslserver", "-verify_hostname", "relay.example.org")).stdout,
        /OK/,
      );
      assert.match((await verify("server.crt", "sslserver", "-verify_ip", "::1")).stdout, /OK/);
      assert.match((await verify("server.crt", "sslserver", "-verify_ip", "::2")).stderr, /mismatch/);
      assert.match((await verify("device.crt", "sslserver")).stderr, /unsuitable certificate purpose/);
      assert.match((await verify("server.crt", "sslclient")).stderr, /unsuitable certificate purpose/);

      await write("ca.crl", await makeCrl(root, [{ serial, revokedAt: new Date(), reason: "superseded" }]));
      const revoked = await verify("device.crt", "sslclient");
      assert.notEqual(revoked.code, 0);
      assert.match(revoked.stderr, /certificate revoked/);
      assert.match((await verify("server.crt", "sslserver")).stdout, /OK/);
    });
  });
}

Deno.test("openssl shows the extensions of each kind of certificate", async () => {
  const root = await makeRoot("root-ed25519.key", "#1 “Exämple”, CA=+");
  const subscriber = {
    random,
    now: new Date(),
    lifetimeMs: DAY_MS,
    spki: (await fixtureKeys("bad.key")).spki,
  };
  const device = await createDeviceCertificate(
    { ...subscriber, identity: { user: "a".repeat(32), device: "b".repeat(32) } },
    root,
  );
  const server = await createServerCertificate({ ...subscriber, names: ["localhost", "10.0.0.1"] }, root);
  const text = async (der: Uint8Array) => {
    let out = "";
    await inFolder(async (dir) => {
      await Deno.writeFile(join(dir, "crt"), der);
      const options = ["-nameopt", "utf8", "-in", "crt", "-inform", "DER"];
      out = await opensslOk(dir, "x509", ...options, "-noout", "-text");
    });
    return out.replace(/ *\n */g, "\n");
  };
  const rootText = await text(root.der);
  assert.match(rootText, /Subject: CN=#1 “Exämple”, CA=\+\n/);
  assert.match(rootText, /X509v3 Basic Constraints: critical\nCA:TRUE, pathlen:0\n/);
  assert.match(rootText, /X509v3 Key Usage: critical\nCertificate Sign, CRL Sign\n/);
  const identifier = /Subject Key Identifier:\n([0-9A-F:]{59})\n/.exec(rootText)?.[1];
  assert.ok(identifier !== undefined);
  for (const leafText of [await text(device), await text(server)]) {
    assert.match(leafText, /X509v3 Key Usage: critical\nDigital Signature\n/);
    assert.ok(leafText.includes(`Authority Key Identifier:\n${identifier}\n`));
    assert.match(leafText, /Subject Key Identifier:\n/);
    assert.match(leafText, /Issuer: CN=#1 “Exämple”, CA=\+\n/);
    assert.doesNotMatch(leafText, /Basic Constraints/);
  }
  assert.match(await text(device), /Extended Key Usage:\nTLS Web Client Authentication\n/);
  assert.match(await text(device), /Alternative Name:\nURI:parley:a{32}\/b{32}\n/);
  assert.match(await text(server), /Extended Key Usage:\nTLS Web Server Authentication\n/);
  assert.match(await text(server), /Alternative Name:\nDNS:localhost, IP Address:10.0.0.1\n/);
});

Deno.test("a certificate is back-dated five minutes, lasts as long as asked, and has a random serial number", async () => {
  const root = await makeRoot("root-ed25519.key", "Example CA", 36_500);
  const now = new Date("2049-12-31T23:59:59.999Z");
  const { spki } = await fixtureKeys("bad.key");
  const serials = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const der = await createServerCertificate({ spki, random, now, lifetimeMs: 2000, names: ["x"] }, root);
    const { serial, notBefore, notAfter } = parseCertificate(der);
    assert.equal(notBefore.toISOString(), "2049-12-31T23:54:59.000Z");
    assert.equal(notAfter.toISOString(), "2050-01-01T00:00:01.000Z");
    assert.match(serial, /^[4-7][0-9a-f]{31}$/);
    assert.equal(new Date(new NodeCertificate(der).validTo).toISOString(), notAfter.toISOString());
    serials.add(serial);
  }
  assert.equal(serials.size, 20);
});

Deno.test("nothing is issued for bad names or keys", async () => {
  const root = await makeRoot("root-ed25519.key");
  const base = { random, now: new Date(), lifetimeMs: DAY_MS, spki: (await fixtureKeys("bad.key")).spki };
  const server = (names: string[]) => createServerCertificate({ ...base, names }, root);
  for (const names of [[], new Array(101).fill("x"), ["*"], ["localhost", "a b"], ["1.2.3"]]) {
    await assert.rejects(server(names), { code: "server-name-malformed" });
  }
  const device = (user: string, spki = base.spki) =>
    createDeviceCertificate({ ...base, spki, identity: { user, device: "d" } }, root);
  await assert.rejects(device("A"), { code: "name-malformed" });
  await assert.rejects(device("a", (await generateKeyPair("x25519")).spki), { code: "key-weak" });
  await assert.rejects(device("a", new Uint8Array(44)), { code: "key-malformed" });
  for (const name of ["", "  ", "a\nb", "a".repeat(65)]) {
    await assert.rejects(makeRoot("root-ed25519.key", name), { code: "ca-name-malformed" });
  }
});

Deno.test("a certificate does not outlive its authority, and lifetimes have to make sense", async () => {
  const root = await makeRoot("root-ed25519.key");
  const { spki } = await fixtureKeys("bad.key");
  const make = (now: Date, lifetimeMs: number) =>
    createServerCertificate({ spki, random, now, lifetimeMs, names: ["x"] }, root);
  const { notAfter } = root.certificate;
  assert.deepEqual(parseCertificate(await make(new Date(), 36_500 * DAY_MS)).notAfter, notAfter);
  await assert.rejects(make(notAfter, DAY_MS), { name: "UsageError", code: "ca-expired" });
  for (const lifetimeMs of [0, -1, NaN, Infinity, 1e15]) {
    await assert.rejects(make(new Date(), lifetimeMs), { name: "UsageError", code: "lifetime-malformed" });
  }
});
