import assert from "node:assert/strict";
import fc from "fast-check";
import { ed25519 } from "@noble/curves/ed25519.js";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import {
  ed25519SeedFromPkcs8,
  ed25519SeedToPkcs8,
  Ed25519Signer,
  Ed25519Verifier,
  exportEd25519PrivateKey,
  exportEd25519PublicKey,
  generateEd25519KeyPair,
  importEd25519PrivateKey,
  importEd25519PublicKey,
  signEd25519,
  verifyEd25519,
} from "../../lib/crypto/mod.ts";
import { DecodeError } from "../../lib/errors/mod.ts";
import { loadVectors, type WycheproofFile } from "../vectors/load_vectors.ts";

interface KnownAnswer {
  seed: string;
  publicKey: string;
  message: string;
  signature: string;
}

Deno.test("Ed25519 gives the known answers of RFC 8032", async () => {
  const cases = loadVectors<KnownAnswer[]>("nist/ed25519.json");
  assert.equal(cases.length, 3);
  for (const test of cases) {
    const [seed, raw, message] = [decodeHex(test.seed), decodeHex(test.publicKey), decodeHex(test.message)];
    const privateKey = await importEd25519PrivateKey(seed);
    const publicKey = await importEd25519PublicKey(raw);
    assert.equal(encodeHex(await signEd25519(privateKey, message)), test.signature);
    assert.equal(await verifyEd25519(publicKey, message, decodeHex(test.signature)), true);
    assert.deepEqual(await exportEd25519PrivateKey(privateKey), seed);
    assert.deepEqual(await exportEd25519PublicKey(publicKey), raw);
    const signer = new Ed25519Signer(seed);
    assert.equal(encodeHex(signer.sign(message)), test.signature);
    assert.deepEqual(signer.publicKey(), raw);
  }
});

interface SignatureCase {
  msg: string;
  sig: string;
}

Deno.test("verifyEd25519() and Ed25519Verifier agree with Wycheproof", async () => {
  type File = WycheproofFile<{ publicKey: { pk: string } }, SignatureCase>;
  const file = loadVectors<File>("wycheproof/ed25519_test.json");
  const ran = { valid: 0, invalid: 0 };
  for (const { publicKey: { pk }, tests } of file.testGroups) {
    const publicKey = await importEd25519PublicKey(decodeHex(pk));
    const verifier = new Ed25519Verifier(decodeHex(pk));
    for (const test of tests) {
      const [message, signature] = [decodeHex(test.msg), decodeHex(test.sig)];
      const valid = test.result === "valid";
      assert.equal(await verifyEd25519(publicKey, message, signature), valid, `${test.tcId} ${test.comment}`);
      assert.equal(verifier.verify(message, signature), valid, `${test.tcId} ${test.comment}`);
      ran[valid ? "valid" : "invalid"]++;
    }
  }
  assert.deepEqual(ran, { valid: 88, invalid: 63 });
});

Deno.test("signEd25519() and Ed25519Signer sign alike", async () => {
  const byteArray = fc.uint8Array({ minLength: 32, maxLength: 32 });
  await fc.assert(
    fc.asyncProperty(byteArray, fc.uint8Array({ maxLength: 200 }), async (seed, message) => {
      const signer = new Ed25519Signer(seed);
      const signature = signer.sign(message);
      assert.deepEqual(await signEd25519(await importEd25519PrivateKey(seed), message), signature);
      assert.equal(new Ed25519Verifier(signer.publicKey()).verify(message, signature), true);
    }),
    { numRuns: 30 },
  );
});

Deno.test("generateEd25519KeyPair() makes keys that survive export and import", async () => {
  const pair = await generateEd25519KeyPair();
  const seed = await exportEd25519PrivateKey(pair.privateKey);
  const raw = await exportEd25519PublicKey(pair.publicKey);
  assert.deepEqual(new Ed25519Signer(seed).publicKey(), raw);
  const message = Uint8Array.of(1, 2, 3);
  const signature = await signEd25519(await importEd25519PrivateKey(seed), message);
  assert.equal(await verifyEd25519(await importEd25519PublicKey(raw), message, signature), true);
});

Deno.test("exportEd25519PrivateKey() refuses a public key", async () => {
  const { publicKey } = await generateEd25519KeyPair();
  await assert.rejects(exportEd25519PrivateKey(publicKey), { code: "ed25519-key-public" });
});

Deno.test("Ed25519 keys of another size are refused", async () => {
  for (const size of [0, 31, 33, 64]) {
    const raw = new Uint8Array(size);
    assert.throws(() => new Ed25519Signer(raw), { code: "size-invalid" });
    assert.throws(() => new Ed25519Verifier(raw), { code: "size-invalid" });
    await assert.rejects(importEd25519PrivateKey(raw), { code: "size-invalid" });
    await assert.rejects(importEd25519PublicKey(raw), { code: "size-invalid" });
  }
});

Deno.test("public keys of small order, for which anybody can sign, are refused in every encoding", async () => {
  // Eight points, with the encodings of 0 and 1 that are not reduced, each with either sign bit.
  const encodings = new Set<string>();
  const generator = ed25519.Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
  for (let point = generator, i = 0; i < 8; i++, point = point.add(generator)) {
    assert.ok(point.isSmallOrder());
    encodings.add(encodeHex(point.toBytes()));
  }
  assert.equal(encodings.size, 8);
  for (const y of ["ed", "ee"]) encodings.add(`${y}${"ff".repeat(30)}7f`);
  for (const encoding of encodings) {
    for (const sign of [0x00, 0x80]) {
      const raw = decodeHex(encoding);
      raw[31] = raw[31]! & 0x7f | sign;
      assert.throws(() => new Ed25519Verifier(raw), isPublicKeyInvalid, encoding);
      await assert.rejects(importEd25519PublicKey(raw), isPublicKeyInvalid, encoding);
    }
  }
});

Deno.test("bytes that are no point verify nothing", async () => {
  const raw = new Uint8Array(32).fill(2);
  assert.throws(() => new Ed25519Verifier(raw), isPublicKeyInvalid);
  const publicKey = await importEd25519PublicKey(raw);
  assert.equal(await verifyEd25519(publicKey, new Uint8Array(1), new Uint8Array(64)), false);
});

function isPublicKeyInvalid(error: unknown): boolean {
  return error instanceof DecodeError && error.code === "ed25519-public-key-invalid";
}

Deno.test("ed25519SeedFromPkcs8() returns what ed25519SeedToPkcs8() and WebCrypto wrap", async () => {
  const { privateKey } = await generateEd25519KeyPair();
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const seed = ed25519SeedFromPkcs8(pkcs8);
  assert.deepEqual(seed, await exportEd25519PrivateKey(privateKey));
  assert.deepEqual(ed25519SeedToPkcs8(seed), pkcs8);
});

Deno.test("ed25519SeedFromPkcs8() refuses anything else", () => {
  const pkcs8 = ed25519SeedToPkcs8(new Uint8Array(32));
  const otherAlgorithm = new Uint8Array(pkcs8);
  otherAlgorithm[11] = 0x6e;
  for (const bytes of [new Uint8Array(0), pkcs8.subarray(1), pkcs8.subarray(0, 47), otherAlgorithm]) {
    assert.throws(() => ed25519SeedFromPkcs8(bytes), { code: "ed25519-pkcs8-malformed" });
  }
});

Deno.test("an Ed25519Signer shows no byte of its seed when printed", () => {
  const seed = Uint8Array.from({ length: 32 }, (_, i) => 200 + i);
  const text = Deno.inspect(new Ed25519Signer(seed), { depth: 9, showHidden: true });
  assert.ok(!text.includes("203") && !text.includes(encodeHex(seed)), text);
});
