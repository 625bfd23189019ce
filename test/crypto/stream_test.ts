import assert from "node:assert/strict";
import fc from "fast-check";
import vectors from "../vectors/stream/age.json" with { type: "json" };
import { concatBytes, decodeHex, encodeHex, encodeUtf8 } from "../../lib/bytes/mod.ts";
import { aes256Gcm, chacha20Poly1305, ChunkStream, digest, hkdf } from "../../lib/crypto/mod.ts";
import { AuthenticationError, UsageError } from "../../lib/errors/mod.ts";

const CHUNK_BYTES = 16;
const KEY = new Uint8Array(32).fill(7);
const chunkStream = (key = KEY) => new ChunkStream(chacha20Poly1305, key, CHUNK_BYTES);

function cut(plaintext: Uint8Array, chunkBytes: number): Uint8Array[] {
  const count = Math.max(1, Math.ceil(plaintext.length / chunkBytes));
  return Array.from({ length: count }, (_, i) => plaintext.subarray(i * chunkBytes, (i + 1) * chunkBytes));
}

function sealAll(stream: ChunkStream, plaintext: Uint8Array, chunkBytes = CHUNK_BYTES): Uint8Array[] {
  const chunks = cut(plaintext, chunkBytes);
  return chunks.map((chunk, index) => stream.seal({ index, last: index === chunks.length - 1 }, chunk));
}

function openAll(stream: ChunkStream, sealed: Uint8Array[]): Uint8Array {
  return concatBytes(
    ...sealed.map((chunk, index) => stream.open({ index, last: index === sealed.length - 1 }, chunk)),
  );
}

function assertRefused(work: () => unknown): void {
  assert.throws(work, (error) => error instanceof AuthenticationError && error.code === "decryption-failed");
}

Deno.test("ChunkStream seals as age does", () => {
  for (const { size, fileKey, nonce, sealedBytes, sealedSha256 } of vectors) {
    const options = {
      ikm: decodeHex(fileKey),
      salt: decodeHex(nonce),
      info: encodeUtf8("payload"),
      length: 32,
    };
    const stream = new ChunkStream(chacha20Poly1305, hkdf("SHA-256", options), 65_536);
    const plaintext = Uint8Array.from({ length: size }, (_, i) => i * 7 % 251);
    const sealed = sealAll(stream, plaintext, 65_536);
    const whole = concatBytes(...sealed);
    assert.equal(whole.length, sealedBytes);
    assert.equal(encodeHex(digest("SHA-256", whole)), sealedSha256);
    assert.deepEqual(openAll(stream, sealed), plaintext);
  }
  assert.equal(vectors.length, 8);
});

const plaintexts = fc.uint8Array({ maxLength: 5 * CHUNK_BYTES });

Deno.test("ChunkStream opens what it sealed, in any order", () => {
  fc.assert(fc.property(plaintexts, fc.constantFrom(chacha20Poly1305, aes256Gcm), (plaintext, aead) => {
    const stream = new ChunkStream(aead, KEY, CHUNK_BYTES);
    const sealed = sealAll(stream, plaintext);
    const places = sealed.map((_, index) => index).reverse();
    const opened = places.map((index) =>
      stream.open({ index, last: index === sealed.length - 1 }, sealed[index]!)
    );
    assert.deepEqual(concatBytes(...opened.reverse()), new Uint8Array(plaintext));
  }));
});

Deno.test("ChunkStream refuses every other sequence of chunks", () => {
  const other = sealAll(chunkStream(new Uint8Array(32).fill(8)), new Uint8Array(5 * CHUNK_BYTES));
  fc.assert(fc.property(plaintexts, fc.nat(), fc.nat(), (plaintext, first, second) => {
    const stream = chunkStream();
    const sealed = sealAll(stream, plaintext);
    const a = first % sealed.length, b = second % sealed.length;
    const sequences = {
      truncated: sealed.slice(0, -1),
      continued: [...sealed, sealed[a]!],
      repeated: sealed.toSpliced(a, 0, sealed[a]!),
      foreign: sealed.with(a, other[a]!),
      swapped: sealed.with(a, sealed[b]!).with(b, sealed[a]!),
      shortened: sealed.with(a, sealed[a]!.subarray(0, -1)),
      emptyLast: [...sealed, stream.seal({ index: 0, last: true }, new Uint8Array())],
    };
    for (const [name, sequence] of Object.entries(sequences)) {
      if (sequence.length === 0 || (name === "swapped" && a === b)) continue;
      assertRefused(() => openAll(stream, sequence));
    }
  }));
});

Deno.test("ChunkStream refuses a chunk with any bit changed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: CHUNK_BYTES }), fc.nat(), (plaintext, bit) => {
      const sealed = chunkStream().seal({ index: 0, last: true }, plaintext);
      sealed[(bit >> 3) % sealed.length]! ^= 1 << (bit & 7);
      assertRefused(() => chunkStream().open({ index: 0, last: true }, sealed));
    }),
  );
});

Deno.test("ChunkStream refuses an empty last chunk except of an empty stream", () => {
  const stream = chunkStream();
  assert.deepEqual(openAll(stream, sealAll(stream, new Uint8Array())), new Uint8Array());
  assert.throws(() => stream.seal({ index: 1, last: true }, new Uint8Array()), UsageError);
  // Even where somebody who has the key has sealed one.
  const nonce = new Uint8Array(12);
  nonce[10] = 1;
  nonce[11] = 1;
  const key = chacha20Poly1305.importKey(KEY);
  const empty = chacha20Poly1305.sealSync(key, { nonce, plaintext: new Uint8Array() });
  assertRefused(() => stream.open({ index: 1, last: true }, empty));
});

Deno.test("ChunkStream refuses to seal what cannot be the chunk of that place", () => {
  const stream = chunkStream();
  const size = { code: "chunk-size-invalid" };
  assert.throws(() => stream.seal({ index: 0, last: false }, new Uint8Array(CHUNK_BYTES - 1)), size);
  assert.throws(() => stream.seal({ index: 0, last: true }, new Uint8Array(CHUNK_BYTES + 1)), size);
  const index = { code: "chunk-index-invalid" };
  assert.throws(() => stream.seal({ index: -1, last: false }, new Uint8Array(CHUNK_BYTES)), index);
  assert.throws(() => stream.open({ index: 2 ** 53, last: true }, new Uint8Array(17)), index);
});
