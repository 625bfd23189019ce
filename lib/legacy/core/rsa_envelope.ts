import type { KeyObject } from "node:crypto";
import { concatBytes } from "../../bytes/mod.ts";
import type { RandomSource } from "../../crypto/mod.ts";
import { AuthenticationError } from "../../errors/mod.ts";
import { CBC_IV_BYTES, decryptAes256Cbc, encryptAes256Cbc } from "./aes_256_cbc.ts";
import { decryptOaep, encryptOaep } from "./rsa.ts";

const KEY_BYTES = 32;

/** What only the holder of an RSA key can read. */
export interface RsaEnvelope {
  /** RSA-OAEP of the AES key. */
  readonly wrappedKey: Uint8Array<ArrayBuffer>;
  /** IV (16) and AES-256-CBC. */
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

/** Encrypts under an AES key of its own, which is encrypted under the recipient's. Nothing is authenticated. */
export function sealRsaEnvelope(key: KeyObject, plaintext: Uint8Array, random: RandomSource): RsaEnvelope {
  const messageKey = random(KEY_BYTES), iv = random(CBC_IV_BYTES);
  return {
    wrappedKey: encryptOaep(key, messageKey),
    ciphertext: concatBytes(iv, encryptAes256Cbc(messageKey, iv, plaintext)),
  };
}

/**
 * Decrypts what {@link sealRsaEnvelope} encrypted.
 *
 * @throws {AuthenticationError} `decryption-failed`
 */
export function openRsaEnvelope(
  key: KeyObject,
  wrappedKey: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const messageKey = decryptOaep(key, wrappedKey);
  if (messageKey.length !== KEY_BYTES) {
    throw new AuthenticationError("decryption-failed", "decryption failed");
  }
  const iv = ciphertext.subarray(0, CBC_IV_BYTES);
  return decryptAes256Cbc(messageKey, iv, ciphertext.subarray(CBC_IV_BYTES));
}
