import assert from "node:assert/strict";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import fc from "fast-check";
import {
  type ChainRequest,
  ChainVerifier,
  type ChainVerifierOptions,
  createRevocationList,
  fingerprintOf,
  type Issuer,
  type KeyPair,
  parseCertificate,
  verifyChain,
} from "../../lib/pki/mod.ts";
import { authority, craft, type Crafted, device } from "./craft.ts";
import { fixture, fixtureKeys, fixtureTime } from "./fixtures.ts";
import { mutationsOf, typedErrorOf } from "../support/mutate.ts";

const root = fixture("root-ed25519.crt");
const good = fixture("good-ed25519.crt");
const server = fixture("server.crt");
const crl = fixture("root-ed25519.crl");
const now = fixtureTime;
const caKeys = await fixtureKeys("root-ed25519.key");
const leafKeys = await fixtureKeys("good-ed25519.key");
const otherKeys = await fixtureKeys("bad.key");

type Question = Partial<ChainVerifierOptions & ChainRequest>;

function verify(question: Question) {
  return verifyChain({ roots: [root], chain: [good], usage: "device", now, ...question });
}

async function refusal(question: Question): Promise<string> {
  const error = await typedErrorOf(() => verify(question));
  assert.equal(error?.kind, "authentication", "it was accepted, or refused with another kind of error");
  return error!.code;
}

Deno.test("verifyChain() accepts the good fixtures of every algorithm and tells who they are", async () => {
  for (const kind of ["ed25519", "p256", "rsa"]) {
    const chain = [fixture(`good-${kind}.crt`)];
    const roots = [fixture(`root-${kind}.crt`)];
    const verified = await verify({ chain, roots });
    const { spki, serial, notAfter } = parseCertificate(chain[0]!);
    assert.deepEqual([verified.user, verified.device], ["alice", `good-${kind}`]);
    assert.deepEqual([verified.serial, verified.notAfter, verified.spki], [serial, notAfter, spki]);
    assert.equal(verified.fingerprint, fingerprintOf(spki));
    assert.deepEqual([verified.certificate, verified.root], [chain[0], roots[0]]);
    await verify({ chain: [...chain, ...roots], roots });
  }
});

Deno.test("verifyChain() refuses each bad fixture for its own reason", async () => {
  assert.equal(await refusal({ chain: [fixture("expired.crt")] }), "cert-expired");
  assert.equal(await refusal({ chain: [fixture("not-yet-valid.crt")] }), "cert-not-yet-valid");
  assert.equal(await refusal({ chain: [fixture("wrong-usage.crt")] }), "cert-usage");
  assert.equal(await refusal({ chain: [fixture("foreign.crt")] }), "cert-untrusted");
  const foreign = [fixture("foreign.crt"), fixture("foreign-root.crt")];
  assert.equal(await refusal({ chain: foreign }), "cert-untrusted");
  assert.equal(await refusal({ chain: [fixture("revoked.crt")], crls: [crl] }), "cert-revoked");
  assert.equal(await refusal({ usage: "server" }), "cert-usage");
  assert.equal(await refusal({ roots: [] }), "cert-untrusted");
  await verify({ crls: [crl] });
});

Deno.test("verifyChain() compares a server's names", async () => {
  const dial = (serverName: string) => verify({ chain: [server], usage: "server", serverName });
  for (const name of ["localhost", "LocalHost", "127.0.0.1", "::1", "0:0:0::1"]) {
    assert.deepEqual((await dial(name)).serverNames, ["localhost", "127.0.0.1", "::1"]);
  }
  for (const serverName of ["localhost.example", "example.localhost", "127.0.0.2", "::2"]) {
    assert.equal(await refusal({ chain: [server], usage: "server", serverName }), "cert-name");
  }
  await assert.rejects(dial("not a name"), { code: "server-name-malformed" });
  assert.equal((await verify({ chain: [server], usage: "server" })).user, undefined);
});

Deno.test("verifyChain() allows clocks to differ by the skew and no more", async () => {
  const { notBefore, notAfter } = parseCertificate(good);
  const at = (time: Date, offsetMs: number) => ({ now: new Date(time.getTime() + offsetMs) });
  await verify(at(notBefore, -5 * 60_000));
  await verify(at(notAfter, 5 * 60_000));
  assert.equal(await refusal(at(notBefore, -5 * 60_000 - 1)), "cert-not-yet-valid");
  assert.equal(await refusal(at(notAfter, 5 * 60_000 + 1)), "cert-expired");
  assert.equal(await refusal({ ...at(notAfter, 1), clockSkewMs: 0 }), "cert-expired");
});

/** An authority, an intermediate one below it, and a device below that. */
async function threeLevels(options: {
  rootPathLength?: number;
  middle?: x509.Extension[];
  middleNotAfter?: string;
  keys?: KeyPair;
} = {}): Promise<{ top: Crafted; middle: Crafted; leaf: Crafted }> {
  const top = await craft({
    keys: caKeys,
    subject: "CN=top",
    extensions: authority(options.rootPathLength ?? 1),
  });
  const middle = await craft({
    keys: otherKeys,
    subject: "CN=middle",
    issuer: top,
    extensions: options.middle ?? authority(0),
    ...(options.middleNotAfter !== undefined && { notAfter: options.middleNotAfter }),
  });
  const leaf = await craft({ keys: options.keys ?? leafKeys, issuer: middle, extensions: device() });
  return { top, middle, leaf };
}

function question({ top, middle, leaf }: { top: Crafted; middle: Crafted; leaf: Crafted }): Question {
  return { roots: [top.der], chain: [leaf.der, middle.der] };
}

Deno.test("verifyChain() follows intermediate authorities, and keeps to what limits them", async () => {
  const chain = await threeLevels();
  assert.equal((await verify(question(chain))).user, "alice");
  assert.equal(
    (await verify({ ...question(chain), chain: [chain.leaf.der, chain.middle.der, chain.top.der] })).user,
    "alice",
  );

  assert.equal(await refusal(question(await threeLevels({ rootPathLength: 0 }))), "cert-path-length");
  assert.equal(await refusal(question(await threeLevels({ middle: device() }))), "cert-usage");
  const noSigning = [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(1, true)];
  assert.equal(await refusal(question(await threeLevels({ middle: noSigning }))), "cert-usage");
  const onlyServers = [
    ...authority(0),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  ];
  assert.equal(await refusal(question(await threeLevels({ middle: onlyServers }))), "cert-usage");
  const expired = await threeLevels({ middleNotAfter: "2026-06-01" });
  assert.equal(await refusal(question(expired)), "cert-expired");
  const constrained = [...authority(0), new x509.Extension("2.5.29.30", false, Uint8Array.of(0x30, 0x00))];
  assert.equal(await refusal(question(await threeLevels({ middle: constrained }))), "cert-extension");

  const constrainedRoot = await craft({ keys: caKeys, subject: "CN=top", extensions: constrained });
  const below = await craft({ keys: leafKeys, issuer: constrainedRoot, extensions: device() });
  assert.equal(await refusal({ roots: [constrainedRoot.der], chain: [below.der] }), "cert-extension");

  // The whole chain is valid only as long as each of it is.
  const short = await threeLevels({ middleNotAfter: "2030-01-01" });
  assert.deepEqual((await verify(question(short))).notAfter, new Date("2030-01-01"));
});

Deno.test("verifyChain() refuses chains that are out of order, incomplete, stuffed or empty", async () => {
  const { top, middle, leaf } = await threeLevels();
  const roots = [top.der];
  assert.equal(await refusal({ roots, chain: [leaf.der] }), "cert-untrusted");
  assert.equal(await refusal({ roots, chain: [middle.der, leaf.der] }), "cert-untrusted");
  assert.equal(await refusal({ roots, chain: [leaf.der, good, middle.der] }), "cert-untrusted");
  assert.equal(await refusal({ roots, chain: [leaf.der, middle.der, good] }), "cert-untrusted");
  assert.equal(await refusal({ roots, chain: [leaf.der, middle.der, top.der, top.der] }), "cert-untrusted");
  assert.equal(await refusal({ roots, chain: [] }), "cert-malformed");
  assert.equal(await refusal({ roots, chain: new Array(7).fill(leaf.der) }), "cert-malformed");
  assert.equal(await refusal({ roots: [root], chain: [root] }), "cert-usage");
});

Deno.test("verifyChain() refuses a leaf that a leaf has signed", async () => {
  const parent: Crafted = { der: good, certificate: parseCertificate(good), key: leafKeys.privateKey };
  const child = await craft({ keys: otherKeys, issuer: parent, extensions: device("parley:root/root") });
  assert.equal(await refusal({ chain: [child.der, good] }), "cert-usage");
});

async function leafWith(extensions: x509.Extension[], keys: KeyPair = leafKeys): Promise<Question> {
  const top = await craft({ keys: caKeys, subject: "CN=top", extensions: authority(0) });
  const leaf = await craft({ keys, issuer: top, extensions });
  return { roots: [top.der], chain: [leaf.der] };
}

Deno.test("verifyChain() refuses leaves whose extensions are not those of a device", async () => {
  const [keyUsage, extendedKeyUsage, altName] = device() as [x509.Extension, x509.Extension, x509.Extension];
  const altNames = (...names: x509.JsonGeneralNames) =>
    leafWith([keyUsage, extendedKeyUsage, new x509.SubjectAlternativeNameExtension(names)]);
  const url = (value: string) => ({ type: "url" as const, value });

  await verify(await leafWith(device()));
  assert.equal(await refusal(await leafWith([])), "cert-usage");
  assert.equal(await refusal(await leafWith([extendedKeyUsage, altName])), "cert-usage");
  assert.equal(await refusal(await leafWith([keyUsage, altName])), "cert-usage");
  assert.equal(await refusal(await leafWith([...authority(), extendedKeyUsage, altName])), "cert-usage");
  const any = new x509.ExtendedKeyUsageExtension(["2.5.29.37.0"]);
  assert.equal(await refusal(await leafWith([keyUsage, any, altName])), "cert-usage");

  assert.equal(await refusal(await leafWith([keyUsage, extendedKeyUsage])), "cert-name");
  assert.equal(await refusal(await altNames(url("https://example.org/"))), "cert-name");
  assert.equal(await refusal(await altNames(url("parley:Alice/laptop"))), "cert-name");
  assert.equal(
    await refusal(await altNames(url("parley:alice/laptop"), url("parley:bob/laptop"))),
    "cert-name",
  );
  const email = { type: "email" as const, value: "alice@example.org" };
  assert.equal(await refusal(await altNames(url("parley:alice/laptop"), email)), "cert-name");

  const unknown = (critical: boolean) => new x509.Extension("1.2.3.4", critical, Uint8Array.of(5, 0));
  assert.equal(await refusal(await leafWith([...device(), unknown(true)])), "cert-extension");
  await verify(await leafWith([...device(), unknown(false)]));
  assert.equal(
    await refusal(await leafWith([...device(), unknown(false), unknown(false)])),
    "cert-malformed",
  );
});

Deno.test("verifyChain() refuses weak keys and weak signatures", async () => {
  const generate = async (parameters: EcKeyGenParams | RsaHashedKeyGenParams) => {
    const pair = await crypto.subtle.generateKey(parameters, true, ["sign", "verify"]) as CryptoKeyPair;
    return { ...leafKeys, privateKey: pair.privateKey, publicKey: pair.publicKey };
  };
  const rsa = (modulusLength: number, hash: string) =>
    generate({ name: "RSASSA-PKCS1-v1_5", modulusLength, publicExponent: Uint8Array.of(1, 0, 1), hash });
  assert.equal(await refusal(await leafWith(device(), await rsa(1024, "SHA-256"))), "cert-algorithm");
  const p521 = await generate({ name: "ECDSA", namedCurve: "P-521" });
  assert.equal(await refusal(await leafWith(device(), p521)), "cert-algorithm");
  await verify(await leafWith(device(), await generate({ name: "ECDSA", namedCurve: "P-384" })));

  const sha1 = await rsa(2048, "SHA-1");
  const top = await craft({ keys: sha1, subject: "CN=top", extensions: authority(0) });
  const leaf = await craft({ keys: leafKeys, issuer: top, extensions: device() });
  assert.equal(await refusal({ roots: [top.der], chain: [leaf.der] }), "cert-algorithm");
});

Deno.test("verifyChain() accepts P-384 authorities with SHA-384", async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, [
    "sign",
    "verify",
  ]);
  const { privateKey, publicKey } = pair as CryptoKeyPair;
  const keys = { ...caKeys, privateKey, publicKey };
  const top = await craft({ keys, subject: "CN=top", extensions: authority(0) });
  const leaf = await craft({ keys: leafKeys, issuer: top, extensions: device() });
  assert.equal((await verify({ roots: [top.der], chain: [leaf.der] })).device, "laptop");
});

Deno.test("verifyChain() refuses a signature by another key under the right names", async () => {
  const top = await craft({ keys: caKeys, subject: "CN=top", extensions: authority(0) });
  const forged = await craft({
    keys: leafKeys,
    issuer: top,
    extensions: device(),
    signingKey: otherKeys.privateKey,
  });
  assert.equal(await refusal({ roots: [top.der], chain: [forged.der] }), "cert-signature");
  const { middle, leaf } = await threeLevels();
  const impostor = await craft({
    keys: leafKeys,
    issuer: middle,
    extensions: device(),
    signingKey: caKeys.privateKey,
  });
  assert.notDeepEqual(impostor.der, leaf.der);
  const { top: realTop } = await threeLevels();
  assert.equal(await refusal({ roots: [realTop.der], chain: [impostor.der, middle.der] }), "cert-signature");
});

Deno.test("verifyChain() accepts no certificate in which a single bit differs", async () => {
  for (const kind of ["ed25519", "p256", "rsa"]) {
    const der = fixture(`good-${kind}.crt`);
    const roots = [fixture(`root-${kind}.crt`)];
    const verifier = new ChainVerifier({ roots });
    const bit = fc.nat(der.length * 8 - 1);
    await fc.assert(
      fc.asyncProperty(bit, async (position) => {
        const changed = new Uint8Array(der);
        changed[position >> 3] = changed[position >> 3]! ^ (1 << (position & 7));
        const error = await typedErrorOf(() => verifier.verify({ chain: [changed], usage: "device", now }));
        assert.equal(error?.kind, "authentication");
      }),
      { numRuns: 400 },
    );
  }
});

Deno.test("verifyChain() throws only authentication errors when given mutated chains", async () => {
  const verifier = new ChainVerifier({ roots: [root], crls: [crl] });
  const mutated = mutationsOf(good);
  await fc.assert(
    fc.asyncProperty(fc.array(mutated, { maxLength: 3 }), async (chain) => {
      const error = await typedErrorOf(() => verifier.verify({ chain, usage: "device", now }));
      if (chain.some((der) => der.toHex() !== good.toHex())) assert.equal(error?.kind, "authentication");
    }),
    { numRuns: 500 },
  );
});

async function makeCrl(number: number, serials: string[], issuer?: Issuer): Promise<Uint8Array<ArrayBuffer>> {
  const authority = issuer ?? { certificate: parseCertificate(root), key: caKeys.privateKey };
  const revoked = serials.map((serial) => ({ serial, revokedAt: now, reason: "unspecified" as const }));
  const content = { number, thisUpdate: now, nextUpdate: new Date("2036-01-01"), revoked };
  return await createRevocationList(content, authority.certificate, authority.key);
}

Deno.test("verifyChain() refuses a chain whose CRL does not verify", async () => {
  const forged = await makeCrl(2, [], { certificate: parseCertificate(root), key: otherKeys.privateKey });
  assert.equal(await refusal({ crls: [forged] }), "crl-signature");
  const foreignCrl = await makeCrl(2, [parseCertificate(good).serial], {
    certificate: parseCertificate(fixture("root-p256.crt")),
    key: (await fixtureKeys("root-p256.key")).privateKey,
  });
  // Another authority has no say about this one's certificates.
  await verify({ crls: [foreignCrl] });
});

Deno.test("verifyChain() looks at the CRL of every issuer in the chain", async () => {
  const { top, middle, leaf } = await threeLevels();
  const levels = { top, middle, leaf };
  const byMiddle = await makeCrl(1, [leaf.certificate.serial], middle);
  const byTop = await makeCrl(1, [middle.certificate.serial], top);
  assert.equal(await refusal({ ...question(levels), crls: [byMiddle] }), "cert-revoked");
  assert.equal(await refusal({ ...question(levels), crls: [byTop] }), "cert-revoked");
  await verify({
    ...question(levels),
    crls: [await makeCrl(1, ["77"], top), await makeCrl(1, ["77"], middle)],
  });
});

Deno.test("ChainVerifier.updateCrl() takes effect on chains that were accepted before, and never goes back", async () => {
  const verifier = new ChainVerifier({ roots: [root], crls: [crl] });
  const request: ChainRequest = { chain: [good], usage: "device", now };
  const first = await verifier.verify(request);
  assert.equal(await verifier.verify(request), first, "the second answer is remembered");

  const newer = await makeCrl(5, [parseCertificate(good).serial]);
  assert.equal((await verifier.updateCrl(newer)).number, 5);
  await assert.rejects(verifier.verify(request), { code: "cert-revoked" });

  await assert.rejects(verifier.updateCrl(crl), { code: "crl-stale" });
  const forged = await makeCrl(6, [], { certificate: parseCertificate(root), key: otherKeys.privateKey });
  await assert.rejects(verifier.updateCrl(forged), { code: "crl-signature" });
  await assert.rejects(new ChainVerifier({ roots: [fixture("root-p256.crt")] }).updateCrl(crl), {
    code: "crl-untrusted",
  });
  await assert.rejects(verifier.verify(request), { code: "cert-revoked" });
  await verifier.updateCrl(await makeCrl(6, []));
  assert.equal((await verifier.verify(request)).user, "alice");
});

Deno.test("ChainVerifier looks at the time and the name again when it remembers a chain", async () => {
  const verifier = new ChainVerifier({ roots: [root] });
  const request: ChainRequest = { chain: [server], usage: "server", now, serverName: "localhost" };
  await verifier.verify(request);
  await assert.rejects(verifier.verify({ ...request, serverName: "example.org" }), { code: "cert-name" });
  await assert.rejects(verifier.verify({ ...request, usage: "device" }), { code: "cert-usage" });
  await assert.rejects(verifier.verify({ ...request, now: new Date("2200-01-01") }), {
    code: "cert-expired",
  });
  await assert.rejects(verifier.verify({ ...request, now: new Date("2000-01-01") }), {
    code: "cert-not-yet-valid",
  });
});

Deno.test("ChainVerifier remembers what it verified though the caller's buffer changes", async () => {
  const verifier = new ChainVerifier({ roots: [root] });
  const buffer = new Uint8Array(good);
  await verifier.verify({ chain: [buffer], usage: "device", now });
  buffer.fill(0);
  const again = await verifier.verify({ chain: [good], usage: "device", now });
  assert.deepEqual([again.certificate, again.spki], [good, parseCertificate(good).spki]);
  await assert.rejects(verifier.verify({ chain: [buffer], usage: "device", now }), {
    code: "cert-malformed",
  });
});

Deno.test("ChainVerifier forgets the oldest chain when it has as many as it may keep", async () => {
  const verifier = new ChainVerifier({ roots: [root], maxCachedChains: 1 });
  const requests: ChainRequest[] = [
    { chain: [good], usage: "device", now },
    { chain: [good, root], usage: "device", now },
  ];
  const [first, second] = [await verifier.verify(requests[0]!), await verifier.verify(requests[1]!)];
  assert.equal(await verifier.verify(requests[1]!), second);
  assert.notEqual(await verifier.verify(requests[0]!), first);
});
