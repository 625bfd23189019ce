import type { MacHashName } from "./hashing.ts";
import { hkdfExpand, hkdfExtract } from "./hkdf.ts";

/** A key derivation function as HPKE and MLS use it (RFC 9180 §4). */
export interface Kdf {
  /** The function's name. */
  readonly name: string;
  /** Its number in the HPKE registry (RFC 9180 §7.2). */
  readonly id: number;
  /** Length in bytes of what `extract` gives. */
  readonly Nh: number;
  /** Extracts a pseudorandom key of Nh bytes. */
  extract(salt: Uint8Array, ikm: Uint8Array): Uint8Array<ArrayBuffer>;
  /**
   * Expands a pseudorandom key.
   *
   * @throws {UsageError} `hkdf-length-invalid`
   */
  expand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array<ArrayBuffer>;
}

/** HKDF-SHA256 (RFC 5869). */
export const hkdfSha256: Kdf = createHkdf("HKDF-SHA256", 0x0001, "SHA-256", 32);

/** HKDF-SHA512 (RFC 5869). */
export const hkdfSha512: Kdf = createHkdf("HKDF-SHA512", 0x0003, "SHA-512", 64);

function createHkdf(name: string, id: number, hash: MacHashName, Nh: number): Kdf {
  return {
    name,
    id,
    Nh,
    extract: (salt, ikm) => hkdfExtract(hash, salt, ikm),
    expand: (prk, info, length) => hkdfExpand(hash, prk, info, length),
  };
}
