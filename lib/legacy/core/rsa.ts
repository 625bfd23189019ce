import { constants, type KeyObject, privateDecrypt, publicEncrypt, sign, verify } from "node:crypto";
import { AuthenticationError } from "../../errors/mod.ts";

/** Length in bytes of an RSA-2048 signature and ciphertext. */
export const RSA_2048_BYTES = 256;
/** Salt of maximum length for PSS with SHA-256 under RSA-2048: 256 - 32 - 2. */
export const PSS_MAX_SALT_BYTES = 222;

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" } as const;
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING } as const;

/** Encrypts under RSA-OAEP (RFC 8017 §7.1) with SHA-256, MGF1-SHA256 and no label. */
export function encryptOaep(key: KeyObject, plaintext: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(publicEncrypt({ key, ...OAEP }, plaintext));
}

/**
 * Decrypts what {@link encryptOaep} encrypted.
 *
 * @throws {AuthenticationError} `decryption-failed`
 */
export function decryptOaep(key: KeyObject, ciphertext: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(privateDecrypt({ key, ...OAEP }, ciphertext));
  } catch {
    throw new AuthenticationError("decryption-failed", "decryption failed");
  }
}

/** Signs with RSA-PSS (RFC 8017 §8.1): SHA-256, MGF1-SHA256, under RSA-2048 with the longest salt. */
export function signPss(key: KeyObject, message: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(sign("sha256", message, { key, ...PSS, saltLength: PSS_MAX_SALT_BYTES }));
}

/** Checks an RSA-PSS signature. `saltBytes` is the length that the salt must have; `any` takes every length. */
export function verifyPss(
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
  saltBytes: number | "any",
): boolean {
  const saltLength = saltBytes === "any" ? constants.RSA_PSS_SALTLEN_AUTO : saltBytes;
  return verify("sha256", message, { key, ...PSS, saltLength }, signature);
}
