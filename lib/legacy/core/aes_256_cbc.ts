import { createCipheriv, createDecipheriv } from "node:crypto";
import { concatBytes } from "../../bytes/mod.ts";
import { AuthenticationError } from "../../errors/mod.ts";

/** Length in bytes of an initialisation vector, which is a block. */
export const CBC_IV_BYTES = 16;

/**
 * Encrypts with AES-256-CBC and PKCS#7 padding (NIST SP 800-38A §6.2, RFC 5652 §6.3), at once: half of what a call of
 * WebCrypto costs for short messages. Nothing is authenticated.
 */
export function encryptAes256Cbc(
  key: Uint8Array,
  iv: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  return concatBytes(cipher.update(plaintext), cipher.final());
}

/**
 * Decrypts what {@link encryptAes256Cbc} encrypted.
 *
 * @throws {AuthenticationError} `decryption-failed`
 */
export function decryptAes256Cbc(
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (ciphertext.length === 0 || ciphertext.length % CBC_IV_BYTES !== 0) throw decryptionFailed();
  try {
    const decipher = createDecipheriv("aes-256-cbc", key, iv);
    return concatBytes(decipher.update(ciphertext), decipher.final());
  } catch {
    throw decryptionFailed();
  }
}

function decryptionFailed(): AuthenticationError {
  return new AuthenticationError("decryption-failed", "decryption failed");
}
