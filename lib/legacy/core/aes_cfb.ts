import { cfb } from "@noble/ciphers/aes.js";

/**
 * Encrypts with AES in CFB with segments of a block (NIST SP 800-38A §6.3). No padding; nothing is
 * authenticated, and whoever alters the ciphertext alters the text at will. The runtime has no CFB.
 */
export function encryptAesCfb(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return cfb(key, iv).encrypt(plaintext);
}

/** Decrypts what {@link encryptAesCfb} encrypted. It cannot fail: any bytes decrypt to something. */
export function decryptAesCfb(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return cfb(key, iv).decrypt(ciphertext);
}
