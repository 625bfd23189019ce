import assert from "node:assert/strict";
import fc from "fast-check";
import { concatBytes, decodeHex, encodeHex, equalBytes } from "../../lib/bytes/mod.ts";
import { type Aead, aes128Gcm, aes256Gcm, chacha20Poly1305, type OpenInput } from "../../lib/crypto/mod.ts";
import { AuthenticationError, DecodeError, UsageError } from "../../lib/errors/mod.ts";
import { openOnNode, sealOnNode } from "../../lib/crypto/aead_node.ts";
import { openOnWebCrypto, sealOnWebCrypto } from "../../lib/crypto/aead_web_crypto.ts";
import { loadVectors, type WycheproofFile } from "../vectors/load_vectors.ts";

const aeads = [aes128Gcm, aes256Gcm, chacha20Poly1305];

interface AeadCase {
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
}

interface AeadGroup {
  keySize: number;
  ivSize: number;
}

type AeadFile = WycheproofFile<AeadGroup, AeadCase>;

Deno.test("AES-GCM agrees with Wycheproof", async () => {
  const ran = await runWycheproof("wycheproof/aes_gcm_test.json", (keySize) => {
    if (keySize === 128) return aes128Gcm;
    return keySize === 256 ? aes256Gcm : undefined;
  });
  // The file has 316 cases; those of AES-192 and of nonces that are not 96 bits long are refused by size.
  assert.deepEqual(ran, { valid: 79, forged: 54, wrongNonce: 80, wrongKey: 103 });
});

Deno.test("ChaCha20-Poly1305 agrees with Wycheproof", async () => {
  const ran = await runWycheproof("wycheproof/chacha20_poly1305_test.json", () => chacha20Poly1305);
  assert.deepEqual(ran, { valid: 256, forged: 60, wrongNonce: 9, wrongKey: 0 });
});

async function runWycheproof(path: string, select: (keySize: number) => Aead | undefined) {
  const ran = { valid: 0, forged: 0, wrongNonce: 0, wrongKey: 0 };
  for (const { keySize, ivSize, tests } of loadVectors<AeadFile>(path).testGroups) {
    const aead = select(keySize);
    for (const test of tests) {
      if (aead === undefined) {
        for (const each of aeads) assert.throws(() => each.importKey(decodeHex(test.key)), isSizeInvalid);
        ran.wrongKey++;
      } else if (ivSize !== 96) {
        await assertRefused(aead, test, isSizeInvalid);
        ran.wrongNonce++;
      } else if (test.result === "invalid") {
        await assertRefused(aead, test, isDecryptionFailed);
        ran.forged++;
      } else {
        await assertBothWays(aead, test);
        ran.valid++;
      }
    }
  }
  return ran;
}

async function assertBothWays(aead: Aead, test: AeadCase): Promise<void> {
  const key = aead.importKey(decodeHex(test.key));
  const [nonce, aad, plaintext] = [decodeHex(test.iv), decodeHex(test.aad), decodeHex(test.msg)];
  const ciphertext = decodeHex(test.ct + test.tag);
  assert.deepEqual(sealOnNode(key, nonce, plaintext, aad), ciphertext);
  assert.deepEqual(openOnNode(key, nonce, ciphertext, aad), plaintext);
  assert.deepEqual(await sealOnWebCrypto(key, nonce, plaintext, aad), ciphertext);
  assert.deepEqual(await openOnWebCrypto(key, nonce, ciphertext, aad), plaintext);
  assert.deepEqual(aead.sealSync(key, { nonce, aad, plaintext }), ciphertext);
  assert.deepEqual(await aead.open(key, { nonce, aad, ciphertext }), plaintext);
}

async function assertRefused(
  aead: Aead,
  test: AeadCase,
  isExpected: (error: unknown) => boolean,
): Promise<void> {
  const key = aead.importKey(decodeHex(test.key));
  const ciphertext = decodeHex(test.ct + test.tag);
  const input: OpenInput = { nonce: decodeHex(test.iv), aad: decodeHex(test.aad), ciphertext };
  assert.throws(() => aead.openSync(key, input), isExpected);
  await assert.rejects(aead.open(key, input), isExpected);
  // WebCrypto takes nonces of other sizes, which is why they are refused before it is asked.
  if (input.nonce.length === aead.Nn) {
    await assert.rejects(openOnWebCrypto(key, input.nonce, ciphertext, decodeHex(test.aad)), isExpected);
  }
}

interface GcmCase {
  name: string;
  key: string;
  iv: string;
  plaintext: string;
  aad: string;
  ciphertext: string;
  tag: string;
}

Deno.test("AES-GCM gives the known answers of its specification", async () => {
  const cases = loadVectors<GcmCase[]>("nist/aes_gcm.json");
  assert.equal(cases.length, 8);
  for (const { key, iv, plaintext, aad, ciphertext, tag } of cases) {
    const aead = key.length === 32 ? aes128Gcm : aes256Gcm;
    await assertBothWays(aead, { key, iv, aad, msg: plaintext, ct: ciphertext, tag });
  }
});

for (const aead of aeads) {
  Deno.test(`${aead.name}: node:crypto and WebCrypto seal alike and open each other's`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: aead.Nk, maxLength: aead.Nk }),
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        fc.uint8Array({ maxLength: 100 }),
        fc.uint8Array({ maxLength: 500 }),
        async (raw, nonce, aad, plaintext) => {
          const key = aead.importKey(raw);
          const sealed = sealOnNode(key, nonce, plaintext, aad);
          assert.deepEqual(await sealOnWebCrypto(key, nonce, plaintext, aad), sealed);
          assert.deepEqual(await openOnWebCrypto(key, nonce, sealed, aad), new Uint8Array(plaintext));
          assert.deepEqual(openOnNode(key, nonce, sealed, aad), new Uint8Array(plaintext));
        },
      ),
      { numRuns: 30 },
    );
  });

  Deno.test(`${aead.name}: a flipped bit anywhere fails with one error`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(), (plaintext, position) => {
        const key = aead.importKey(new Uint8Array(aead.Nk));
        const nonce = new Uint8Array(12);
        const ciphertext = aead.sealSync(key, { nonce, plaintext });
        const bit = position % (ciphertext.length * 8);
        ciphertext[bit >> 3]! ^= 1 << (bit & 7);
        assert.throws(() => aead.openSync(key, { nonce, ciphertext }), isDecryptionFailed);
      }),
      { numRuns: 30 },
    );
  });

  Deno.test(`${aead.name}: what is sealed in pieces is what WebCrypto seals as a whole`, async () => {
    const key = aead.importKey(new Uint8Array(aead.Nk).fill(7));
    const nonce = new Uint8Array(12).fill(1), aad = Uint8Array.of(1, 2, 3), piece = 64 * 1024;
    for (const size of [piece - 1, piece, piece + 1, 2 * piece, 3 * piece + 5]) {
      // No two pieces are alike.
      const plaintext = Uint8Array.from({ length: size }, (_, i) => i ^ (i >> 8) ^ (i >> 16));
      const sealed = await sealOnWebCrypto(key, nonce, plaintext, aad);
      assert(equalBytes(sealOnNode(key, nonce, plaintext, aad), sealed));
      const buffer = new Uint8Array(size + aead.Nt + 9);
      assert(equalBytes(sealOnNode(key, nonce, plaintext, aad, buffer.subarray(9)), sealed));
    }
  });

  Deno.test(`${aead.name}: seal() and open() agree across the size where the implementation changes`, async () => {
    const key = aead.importKey(new Uint8Array(aead.Nk).fill(7));
    const nonce = new Uint8Array(12).fill(1);
    const aad = Uint8Array.of(1, 2, 3);
    for (const size of [0, 1, 4_079, 4_080, 4_096, 16_367, 16_368, 16_384, 70_000]) {
      const plaintext = new Uint8Array(size).fill(5);
      const ciphertext = await aead.seal(key, { nonce, aad, plaintext });
      assert.equal(ciphertext.length, size + aead.Nt);
      assert.deepEqual(aead.openSync(key, { nonce, aad, ciphertext }), plaintext);
      assert.deepEqual(await aead.open(key, { nonce, aad, ciphertext }), plaintext);
      ciphertext[size]! ^= 1;
      await assert.rejects(aead.open(key, { nonce, aad, ciphertext }), isDecryptionFailed);
    }
  });

  Deno.test(`${aead.name}: open() fails like any forgery where the tag is cut short`, async () => {
    const key = aead.importKey(new Uint8Array(aead.Nk));
    const nonce = new Uint8Array(12);
    for (const size of [0, 1, 15]) {
      const ciphertext = new Uint8Array(size);
      assert.throws(() => aead.openSync(key, { nonce, ciphertext }), isDecryptionFailed);
      await assert.rejects(openOnWebCrypto(key, nonce, ciphertext, new Uint8Array(0)), isDecryptionFailed);
    }
  });
}

Deno.test("importKey() and seal() name what has the wrong size", () => {
  assert.throws(() => aes256Gcm.importKey(new Uint8Array(16)), {
    code: "size-invalid",
    message: "AES-256-GCM key: expected 32 bytes, got 16",
  });
  const key = aes256Gcm.importKey(new Uint8Array(32));
  assert.throws(() => aes256Gcm.sealSync(key, { nonce: new Uint8Array(16), plaintext: new Uint8Array(0) }), {
    code: "size-invalid",
    message: "AES-256-GCM nonce: expected 12 bytes, got 16",
  });
});

Deno.test("sealSync() refuses a key of another algorithm", () => {
  const key = chacha20Poly1305.importKey(new Uint8Array(32));
  assert.throws(
    () => aes256Gcm.sealSync(key, { nonce: new Uint8Array(12), plaintext: new Uint8Array(1) }),
    (error: unknown) => error instanceof UsageError && error.code === "aead-key-foreign",
  );
});

Deno.test("sealSync() writes into what is given, and refuses what is not as long as its output", () => {
  const key = chacha20Poly1305.importKey(new Uint8Array(32).fill(5));
  const input = { nonce: new Uint8Array(12), plaintext: new Uint8Array(40).fill(1) };
  const buffer = new Uint8Array(70).fill(9);
  const sealed = chacha20Poly1305.sealSync(key, input, buffer.subarray(10, 66));
  assert.equal(sealed.buffer, buffer.buffer);
  const expected = chacha20Poly1305.sealSync(key, input);
  assert.deepEqual(buffer, concatBytes(new Uint8Array(10).fill(9), expected, new Uint8Array(4).fill(9)));
  for (const bytes of [0, 55, 57]) {
    const seal = () => chacha20Poly1305.sealSync(key, input, new Uint8Array(bytes));
    assert.throws(seal, { code: "size-invalid" });
  }
});

Deno.test("importKey() copies, so that a wiped array does not change the key", () => {
  const raw = new Uint8Array(32).fill(9);
  const key = aes256Gcm.importKey(raw);
  const input = { nonce: new Uint8Array(12), plaintext: Uint8Array.of(1, 2, 3) };
  const before = aes256Gcm.sealSync(key, input);
  raw.fill(0);
  assert.deepEqual(aes256Gcm.sealSync(key, input), before);
});

Deno.test("an AeadKey shows no byte of itself when printed", () => {
  const raw = Uint8Array.from({ length: 32 }, (_, i) => 200 + i);
  const key = aes256Gcm.importKey(raw);
  for (const text of [Deno.inspect(key, { depth: 9 }), JSON.stringify(key), String(key)]) {
    assert.ok(!text.includes(encodeHex(raw)) && !text.includes("203") && !text.includes("cb"), text);
  }
});

Deno.test("open() takes a ciphertext that is a view into a larger buffer", () => {
  const key = aes128Gcm.importKey(new Uint8Array(16));
  const nonce = new Uint8Array(12);
  const plaintext = Uint8Array.of(1, 2, 3, 4);
  const framed = concatBytes(Uint8Array.of(9, 9), aes128Gcm.sealSync(key, { nonce, plaintext }));
  assert.deepEqual(aes128Gcm.openSync(key, { nonce, ciphertext: framed.subarray(2) }), plaintext);
});

function isDecryptionFailed(error: unknown): boolean {
  return error instanceof AuthenticationError && error.code === "decryption-failed" &&
    error.message === "cannot decrypt: wrong key or altered data" && error.cause === undefined;
}

function isSizeInvalid(error: unknown): boolean {
  return error instanceof DecodeError && error.code === "size-invalid";
}
