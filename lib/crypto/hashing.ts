/** Hash functions of this room by their WebCrypto names. */
export type HashName = "SHA-256" | "SHA-384" | "SHA-512" | "SHA3-256";

/** Hash functions that HMAC and HKDF are used with. */
export type MacHashName = Exclude<HashName, "SHA3-256">;

/** Length in bytes of a hash function's output. */
export const hashSizes: Readonly<Record<HashName, number>> = {
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
  "SHA3-256": 32,
};

/** The hash functions' names in `node:crypto`. */
export const nodeHashNames: Readonly<Record<HashName, string>> = {
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
  "SHA3-256": "sha3-256",
};

/**
 * What hash functions are used for. It is implemented twice: by the synchronous functions of these
 * names, on `node:crypto`, where a call costs 2 to 10 µs, and by `webCryptoHashing`, where it costs
 * 12 µs and more but leaves the event loop free. `Result` and `Verdict` are the plain types or
 * promises of them.
 */
export interface Hashing<Result, Verdict> {
  /** FIPS 180-4 and FIPS 202. */
  digest(hash: HashName, data: Uint8Array): Result;
  /** RFC 2104. */
  signHmac(hash: MacHashName, key: Uint8Array, data: Uint8Array): Result;
  /** RFC 2104, in time that does not depend on where the two differ. */
  verifyHmac(hash: MacHashName, key: Uint8Array, data: Uint8Array, mac: Uint8Array): Verdict;
  /** RFC 5869 §2.2. */
  hkdfExtract(hash: MacHashName, salt: Uint8Array, ikm: Uint8Array): Result;
  /** RFC 5869 §2.3. */
  hkdfExpand(hash: MacHashName, prk: Uint8Array, info: Uint8Array, length: number): Result;
}
