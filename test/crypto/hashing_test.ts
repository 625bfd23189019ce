import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import {
  digest,
  type Hashing,
  type HashName,
  hashSizes,
  hkdf,
  hkdfExpand,
  hkdfExtract,
  type MacHashName,
  signHmac,
  verifyHmac,
  webCryptoHashing,
} from "../../lib/crypto/mod.ts";
import { shake256 } from "../../lib/crypto/digest.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { loadVectors, type WycheproofFile } from "../vectors/load_vectors.ts";

const nodeHashing: Hashing<Uint8Array<ArrayBuffer>, boolean> = {
  digest,
  signHmac,
  verifyHmac,
  hkdfExtract,
  hkdfExpand,
};

const macHashes = fc.constantFrom<MacHashName>("SHA-256", "SHA-384", "SHA-512");
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

interface ShaCase {
  hash: HashName;
  message: string;
  digest: string;
}

Deno.test("digest() gives the known answers of FIPS 180-4 and FIPS 202", async () => {
  const cases = loadVectors<ShaCase[]>("nist/sha.json");
  assert.equal(cases.length, 10);
  for (const { hash, message, digest: expected } of cases) {
    assert.equal(encodeHex(digest(hash, decodeHex(message))), expected);
    assert.equal(encodeHex(await webCryptoHashing.digest(hash, decodeHex(message))), expected);
  }
});

Deno.test("shake256() gives the known answer of FIPS 202 and extends it when asked for more", () => {
  const expected = "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f";
  assert.equal(encodeHex(shake256(new Uint8Array(0), 32)), expected);
  assert.equal(encodeHex(shake256(new Uint8Array(0), 96).subarray(0, 32)), expected);
});

interface HmacCase {
  key: string;
  msg: string;
  tag: string;
}

Deno.test("verifyHmac() agrees with Wycheproof", async () => {
  const file = loadVectors<WycheproofFile<{ tagSize: number }, HmacCase>>("wycheproof/hmac_sha256_test.json");
  let full = 0;
  let truncated = 0;
  for (const { tagSize, tests } of file.testGroups) {
    for (const test of tests) {
      const [key, message, tag] = [decodeHex(test.key), decodeHex(test.msg), decodeHex(test.tag)];
      if (tagSize === 256) {
        full++;
        assert.equal(verifyHmac("SHA-256", key, message, tag), test.result === "valid", test.comment);
        assert.equal(
          await webCryptoHashing.verifyHmac("SHA-256", key, message, tag),
          test.result === "valid",
          test.comment,
        );
      } else {
        // Truncated tags are not offered: they are wrong whatever they hold.
        truncated++;
        assert.equal(verifyHmac("SHA-256", key, message, tag), false);
        const matches = encodeHex(signHmac("SHA-256", key, message)).startsWith(test.tag);
        assert.equal(matches, test.result === "valid", test.comment);
      }
    }
  }
  assert.equal(full + truncated, file.numberOfTests);
  assert.equal(file.numberOfTests, 174);
  assert.ok(full > 80);
});

interface Rfc5869Case {
  name: string;
  ikm: string;
  salt: string;
  info: string;
  length: number;
  prk: string;
  okm: string;
}

Deno.test("hkdfExtract() and hkdfExpand() give the known answers of RFC 5869", async () => {
  const cases = loadVectors<Rfc5869Case[]>("rfc5869/hkdf_sha256.json");
  assert.equal(cases.length, 3);
  for (const test of cases) {
    const [ikm, salt, info] = [decodeHex(test.ikm), decodeHex(test.salt), decodeHex(test.info)];
    const prk = hkdfExtract("SHA-256", salt, ikm);
    assert.equal(encodeHex(prk), test.prk, test.name);
    assert.equal(encodeHex(hkdfExpand("SHA-256", prk, info, test.length)), test.okm, test.name);
    assert.equal(encodeHex(await webCryptoHashing.hkdfExtract("SHA-256", salt, ikm)), test.prk, test.name);
    assert.equal(
      encodeHex(await webCryptoHashing.hkdfExpand("SHA-256", prk, info, test.length)),
      test.okm,
      test.name,
    );
  }
});

interface HkdfCase {
  ikm: string;
  salt: string;
  info: string;
  size: number;
  okm: string;
}

Deno.test("hkdf() agrees with Wycheproof and refuses too much output", () => {
  const file = loadVectors<WycheproofFile<unknown, HkdfCase>>("wycheproof/hkdf_sha256_test.json");
  let count = 0;
  for (const { tests } of file.testGroups) {
    for (const test of tests) {
      count++;
      const input = {
        ikm: decodeHex(test.ikm),
        salt: decodeHex(test.salt),
        info: decodeHex(test.info),
        length: test.size,
      };
      if (test.result === "valid") assert.equal(encodeHex(hkdf("SHA-256", input)), test.okm, test.comment);
      else assert.throws(() => hkdf("SHA-256", input), hasCode(UsageError, "hkdf-length-invalid"));
    }
  }
  assert.equal(count, 86);
});

Deno.test("node:crypto and WebCrypto agree on every hash function", async () => {
  const hashes = fc.constantFrom<HashName>("SHA-256", "SHA-384", "SHA-512", "SHA3-256");
  await fc.assert(
    fc.asyncProperty(hashes, bytes(300), async (hash, data) => {
      const expected = await webCryptoHashing.digest(hash, data);
      assert.deepEqual(nodeHashing.digest(hash, data), expected);
      assert.equal(expected.length, hashSizes[hash]);
    }),
    { numRuns: 60 },
  );
});

Deno.test("node:crypto and WebCrypto agree on HMAC and HKDF, keys empty and longer than a block included", async () => {
  await fc.assert(
    fc.asyncProperty(
      macHashes,
      bytes(300),
      bytes(300),
      fc.nat({ max: 400 }),
      async (hash, key, data, length) => {
        const mac = nodeHashing.signHmac(hash, key, data);
        assert.deepEqual(await webCryptoHashing.signHmac(hash, key, data), mac);
        assert.equal(await webCryptoHashing.verifyHmac(hash, key, data, mac), true);
        assert.deepEqual(
          await webCryptoHashing.hkdfExtract(hash, key, data),
          nodeHashing.hkdfExtract(hash, key, data),
        );
        assert.deepEqual(
          await webCryptoHashing.hkdfExpand(hash, key, data, length),
          nodeHashing.hkdfExpand(hash, key, data, length),
        );
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("hkdf() agrees with WebCrypto's own HKDF", async () => {
  await fc.assert(
    fc.asyncProperty(macHashes, bytes(80), bytes(80), bytes(80), async (hash, ikm, salt, info) => {
      const key = await crypto.subtle.importKey("raw", new Uint8Array(ikm), "HKDF", false, ["deriveBits"]);
      const params = { name: "HKDF", hash, salt: new Uint8Array(salt), info: new Uint8Array(info) };
      const expected = await crypto.subtle.deriveBits(params, key, 8 * 70);
      assert.deepEqual(hkdf(hash, { ikm, salt, info, length: 70 }), new Uint8Array(expected));
    }),
    { numRuns: 30 },
  );
});

Deno.test("verifyHmac() refuses a MAC that differs in one bit or in length", () => {
  fc.assert(
    fc.property(macHashes, bytes(64), bytes(64), fc.nat(), (hash, key, data, position) => {
      const mac = signHmac(hash, key, data);
      assert.equal(verifyHmac(hash, key, data, mac.subarray(1)), false);
      const bit = position % (mac.length * 8);
      mac[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(verifyHmac(hash, key, data, mac), false);
    }),
  );
});

Deno.test("hkdfExpand() refuses a length that is negative or no integer", () => {
  for (const length of [-1, 1.5, NaN, Infinity, 255 * 32 + 1]) {
    assert.throws(
      () => hkdfExpand("SHA-256", new Uint8Array(32), new Uint8Array(0), length),
      hasCode(UsageError, "hkdf-length-invalid"),
    );
  }
});

function hasCode(kind: typeof UsageError, code: string) {
  return (error: unknown) => error instanceof kind && error.code === code;
}
