import { UsageError } from "../errors/mod.ts";
import { hashSizes, type MacHashName } from "./hashing.ts";
import { signHmac } from "./hmac.ts";

/** Input of {@link hkdf}. */
export interface HkdfOptions {
  /** Input keying material. */
  ikm: Uint8Array;
  /** Salt; empty stands for as many zeros as the hash is long (RFC 5869 §2.2). */
  salt: Uint8Array;
  /** What the output is for. */
  info: Uint8Array;
  /** Length of the output in bytes, at most 255 times the hash's. */
  length: number;
}

/**
 * HKDF, both steps (RFC 5869 §2). Synchronous.
 *
 * @throws {UsageError} `hkdf-length-invalid`
 */
export function hkdf(hash: MacHashName, options: HkdfOptions): Uint8Array<ArrayBuffer> {
  const prk = hkdfExtract(hash, options.salt, options.ikm);
  const okm = hkdfExpand(hash, prk, options.info, options.length);
  prk.fill(0);
  return okm;
}

/** HKDF-Extract (RFC 5869 §2.2): a pseudorandom key of the hash's length. Synchronous. */
export function hkdfExtract(
  hash: MacHashName,
  salt: Uint8Array,
  ikm: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return signHmac(hash, salt, ikm);
}

/**
 * HKDF-Expand (RFC 5869 §2.3). Synchronous. Built on HMAC, since `hkdfSync` of `node:crypto` cannot
 * expand alone and refuses more than 1,024 bytes of `info`.
 *
 * @throws {UsageError} `hkdf-length-invalid` where `length` exceeds 255 times the hash's
 */
export function hkdfExpand(
  hash: MacHashName,
  prk: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array<ArrayBuffer> {
  assertHkdfLength(hash, length);
  const size = hashSizes[hash];
  // T(i) = HMAC(PRK, T(i-1) | info | i). The block is laid out once; T(1) leaves out T(0).
  const block = new Uint8Array(size + info.length + 1);
  block.set(info, size);
  const out = new Uint8Array(length);
  for (let offset = 0, i = 1; offset < length; offset += size, i++) {
    block[block.length - 1] = i;
    const output = signHmac(hash, prk, i === 1 ? block.subarray(size) : block);
    out.set(output.subarray(0, length - offset), offset);
    block.set(output);
  }
  return out;
}

/**
 * Checks the length of an HKDF output (RFC 5869 §2.3).
 *
 * @throws {UsageError} `hkdf-length-invalid`
 */
export function assertHkdfLength(hash: MacHashName, length: number): void {
  if (Number.isInteger(length) && length >= 0 && length <= 255 * hashSizes[hash]) return;
  throw new UsageError("hkdf-length-invalid", `HKDF output length out of range: ${length} bytes`);
}
