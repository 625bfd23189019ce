import assert from "node:assert/strict";
import { X509Certificate as NodeCertificate } from "node:crypto";
import fc from "fast-check";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import {
  fingerprintOf,
  formatCertificates,
  inspectCertificate,
  parseCertificate,
  parseCertificates,
} from "../../lib/pki/mod.ts";
import { fixture } from "./fixtures.ts";
import { mutationsOf, typedErrorOf } from "../support/mutate.ts";

const files = [
  "root-ed25519.crt",
  "root-p256.crt",
  "root-rsa.crt",
  "good-ed25519.crt",
  "good-p256.crt",
  "good-rsa.crt",
  "server.crt",
  "expired.crt",
  "not-yet-valid.crt",
];

for (const file of files) {
  Deno.test(`parseCertificate() reads of ${file} what @peculiar/x509 and node:crypto read`, () => {
    const der = fixture(file);
    const ours = parseCertificate(der);
    const library = new x509.X509Certificate(der);
    const node = new NodeCertificate(der);
    assert.equal(ours.serial, library.serialNumber);
    assert.equal(ours.serial, node.serialNumber.toLowerCase());
    assert.deepEqual(ours.notBefore, library.notBefore);
    assert.deepEqual(ours.notAfter, new Date(node.validTo));
    assert.deepEqual(ours.spki, new Uint8Array(library.publicKey.rawData));
    assert.deepEqual(ours.spki, new Uint8Array(node.publicKey.export({ type: "spki", format: "der" })));
    assert.deepEqual(ours.subject, new Uint8Array(library.subjectName.toArrayBuffer()));
    assert.deepEqual(ours.issuer, new Uint8Array(library.issuerName.toArrayBuffer()));
    assert.deepEqual(ours.signed.signature, new Uint8Array(library.signature));
    const identifier = library.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
    assert.equal(ours.extensions.subjectKeyIdentifier?.toHex(), identifier);
    const authority = library.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId;
    assert.equal(ours.extensions.authorityKeyIdentifier?.toHex(), authority);
    const usages = library.getExtension(x509.ExtendedKeyUsageExtension)?.usages;
    assert.deepEqual(ours.extensions.extendedKeyUsage, usages && [...usages]);
    assert.equal(ours.extensions.basicConstraints?.isCa === true, node.ca);
  });
}

Deno.test("inspectCertificate() tells the facts", () => {
  const der = fixture("server.crt");
  const facts = inspectCertificate(der);
  assert.equal(facts.subject, "CN=localhost");
  assert.equal(facts.issuer, "CN=parley fixtures");
  assert.deepEqual(facts.names, ["dns:localhost", "ip:127.0.0.1", "ip:::1"]);
  assert.deepEqual([facts.key, facts.signature, facts.isCa], ["ed25519", "Ed25519", false]);
  assert.deepEqual([facts.keyUsage, facts.extendedKeyUsage], [["digitalSignature"], ["serverAuth"]]);
  assert.equal(facts.fingerprint, fingerprintOf(parseCertificate(der).spki));
  assert.equal(facts.sha256, new NodeCertificate(der).fingerprint256.replaceAll(":", "").toLowerCase());
  assert.deepEqual(inspectCertificate(fixture("good-rsa.crt")).names, ["uri:parley:alice/good-rsa"]);
  assert.equal(inspectCertificate(fixture("good-rsa.crt")).key, "rsa-2048");
  assert.equal(inspectCertificate(fixture("root-p256.crt")).signature, "ECDSA-SHA256");
  assert.deepEqual(inspectCertificate(fixture("root-rsa.crt")).keyUsage, ["keyCertSign", "cRLSign"]);
});

Deno.test("parseCertificates() returns what formatCertificates() was given, and refuses other PEM blocks", async () => {
  const chain = [fixture("good-rsa.crt"), fixture("root-rsa.crt")];
  assert.deepEqual(parseCertificates(formatCertificates(chain)), chain);
  const key = await Deno.readTextFile(new URL("../../certs/bad.key", import.meta.url));
  assert.throws(() => parseCertificates(formatCertificates(chain) + key), { code: "pem-malformed" });
});

Deno.test("parseCertificate() and inspectCertificate() throw only typed errors when given mutated DER", async () => {
  for (const file of ["good-ed25519.crt", "server.crt", "root-rsa.crt"]) {
    await fc.assert(
      fc.asyncProperty(mutationsOf(fixture(file)), async (der) => {
        const error = await typedErrorOf(() => parseCertificate(der));
        if (error !== undefined) assert.deepEqual([error.kind, error.code], ["decode", "cert-malformed"]);
        else await typedErrorOf(() => inspectCertificate(der));
      }),
      { numRuns: 1000 },
    );
  }
});

Deno.test("parseCertificate() refuses a certificate that is larger than any of ours", () => {
  assert.throws(() => parseCertificate(new Uint8Array(1 << 20)), { code: "cert-malformed" });
});

Deno.test("parseCertificate() refuses lengths that promise more than is there", () => {
  for (const hex of ["30", "3084ffffffff", "30847fffffff00", "3080", "308030800000"]) {
    assert.throws(() => parseCertificate(Uint8Array.fromHex(hex)), { code: "cert-malformed" }, hex);
  }
  // A deep nest is not followed.
  assert.throws(() => parseCertificate(Uint8Array.fromHex("3080".repeat(8000))), { code: "cert-malformed" });
});
