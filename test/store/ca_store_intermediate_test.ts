import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type CertificateUsage,
  ChainVerifier,
  generateKeyPair,
  hashCertificate,
  inspectCertificate,
  parseInvite,
} from "../../lib/pki/mod.ts";
import {
  initCa,
  initIntermediateCa,
  issueServerFiles,
  openCa,
  rootCaFolder,
  writeCrlFile,
} from "../../lib/store/mod.ts";
import { inFolder } from "../support/in_folder.ts";
import { opensslOk } from "../support/openssl.ts";

const { spki } = await generateKeyPair("ed25519");
const now = new Date();

Deno.test("initIntermediateCa() makes an authority that works without its root's folder", async () => {
  await inFolder(async (dir) => {
    const { root, issuing } = await initIntermediateCa(dir, { name: "Example CA" });
    const rootFacts = inspectCertificate(root), facts = inspectCertificate(issuing);
    assert.deepEqual([rootFacts.subject, rootFacts.pathLength], ["CN=Example CA Root", 1]);
    assert.deepEqual([facts.subject, facts.issuer, facts.pathLength], [
      "CN=Example CA",
      "CN=Example CA Root",
      0,
    ]);
    await Deno.rename(rootCaFolder(dir), join(dir, "elsewhere"));

    using ca = openCa(dir);
    assert.deepEqual(ca.authority.chain, [issuing, root]);
    const { invite } = ca.authority.createInvite({ user: "alice", relay: { host: "localhost", port: 1 } });
    assert.deepEqual(parseInvite(invite).rootHash, hashCertificate(root));

    const device = await ca.authority.issueDevice({ user: "alice", device: "laptop", spki });
    const verifier = new ChainVerifier({ roots: [root], intermediates: [issuing] });
    const verify = (chain: Uint8Array[], usage: CertificateUsage = "device") =>
      verifier.verify({ chain, usage, now });
    assert.equal((await verify(ca.authority.chainOf(device.certificate))).device, "laptop");
    assert.equal((await verify([device.certificate])).device, "laptop");

    await verifier.updateCrl(await ca.authority.crl());
    ca.authority.revoke({ user: "alice" });
    await verifier.updateCrl(await ca.authority.crl());
    await assert.rejects(verify([device.certificate]), { code: "cert-revoked" });
    const stranger = new ChainVerifier({ roots: [root] });
    await assert.rejects(stranger.updateCrl(await ca.authority.crl()), { code: "crl-untrusted" });
    const unrooted = new ChainVerifier({ roots: [], intermediates: [issuing] });
    await assert.rejects(unrooted.updateCrl(await ca.authority.crl()), { code: "cert-untrusted" });

    const out = join(dir, "server");
    await issueServerFiles(ca, { names: ["localhost"], out });
    await writeCrlFile(ca, { out: join(dir, "ca.crl") });
    const check = [
      "-x509_strict",
      "-CAfile",
      "elsewhere/ca.crt",
      "-untrusted",
      "ca.crt",
      "-CRLfile",
      "ca.crl",
    ];
    await opensslOk(dir, "verify", ...check, "-crl_check", "-purpose", "sslserver", "server.crt");
  });
});

Deno.test("the root of an authority in two parts revokes the issuing one", async () => {
  await inFolder(async (dir) => {
    const { root, issuing } = await initIntermediateCa(dir, { name: "Example CA" });
    using above = openCa(rootCaFolder(dir));
    using ca = openCa(dir);
    const { certificate } = await ca.authority.issueDevice({ user: "alice", device: "laptop", spki });
    const [issued] = above.authority.list();
    assert.deepEqual([issued!.kind, issued!.names], ["authority", ["Example CA"]]);
    await assert.rejects(above.authority.renew(issued!.serial), { code: "certificate-unknown" });
    above.authority.revoke({ serial: issued!.serial }, "ca-compromise");
    const verifier = new ChainVerifier({ roots: [root], crls: [await above.authority.crl()] });
    const request = { chain: [certificate, issuing], usage: "device" as const, now };
    await assert.rejects(verifier.verify(request), { code: "cert-revoked" });
    await assert.rejects(ca.authority.issueAuthority({ name: "x", spki, lifetimeMs: 1000 }), {
      code: "ca-path-length",
    });
  });
});

Deno.test("initIntermediateCa() protects both keys with the passphrase, and is refused where something is", async () => {
  await inFolder(async (parent) => {
    const dir = join(parent, "ca");
    const passphrase = new TextEncoder().encode("correct horse");
    await initIntermediateCa(dir, { name: "Example CA", passphrase });
    for (const folder of [dir, rootCaFolder(dir)]) {
      assert.match(Deno.readTextFileSync(join(folder, "ca.key")), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
      using locked = openCa(folder);
      await assert.rejects(locked.authority.crl(), { code: "passphrase-required" });
      using open = openCa(folder, { passphrase: () => Promise.resolve(passphrase) });
      await open.authority.crl();
    }
    await assert.rejects(initIntermediateCa(dir, { name: "x" }), { code: "ca-exists" });
    await assert.rejects(initCa(dir, { name: "x" }), { code: "ca-exists" });
    const half = join(parent, "half");
    await initCa(rootCaFolder(half), { name: "x" });
    await assert.rejects(initIntermediateCa(half, { name: "x" }), { code: "ca-incomplete" });
    await initIntermediateCa(half, { name: "x", force: true });
  });
});

Deno.test("openCa() refuses certificates that do not belong together", async () => {
  await inFolder(async (dir) => {
    const { root, issuing } = await initIntermediateCa(dir, { name: "Example CA" });
    const toPem = (der: Uint8Array) =>
      `-----BEGIN CERTIFICATE-----\n${der.toBase64()}\n-----END CERTIFICATE-----\n`;
    for (const chain of [[issuing], [root, issuing], [root, root], [issuing, issuing, root]]) {
      Deno.writeTextFileSync(join(dir, "ca.crt"), chain.map(toPem).join(""));
      assert.throws(() => openCa(dir), { code: "ca-damaged" });
    }
  });
});
