import assert from "node:assert/strict";
import { encodeUtf8 } from "../../../lib/bytes/mod.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { AuthenticationError } from "../../../lib/errors/mod.ts";
import {
  encryptOaep,
  generateRsaKey,
  openRsaEnvelope,
  sealRsaEnvelope,
} from "../../../lib/legacy/core/mod.ts";

Deno.test("openRsaEnvelope() opens what was sealed, and says one thing about everything else", async () => {
  const key = await generateRsaKey();
  const text = encodeUtf8("hello");
  const { wrappedKey, ciphertext } = sealRsaEnvelope(key, text, systemRandom);
  assert.deepEqual(openRsaEnvelope(key, wrappedKey, ciphertext), text);
  const bad: [Uint8Array, Uint8Array][] = [
    [wrappedKey.subarray(1), ciphertext],
    [encryptOaep(key, new Uint8Array(16)), ciphertext],
    [wrappedKey, ciphertext.subarray(0, 16)],
    [wrappedKey, ciphertext.subarray(0, 5)],
    [wrappedKey, ciphertext.subarray(0, -1)],
  ];
  for (const [wrapped, sealed] of bad) {
    assert.throws(
      () => openRsaEnvelope(key, wrapped, sealed),
      (error) => error instanceof AuthenticationError && error.message === "decryption failed",
    );
  }
});
