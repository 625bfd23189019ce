import { createHash } from "node:crypto";
import type { HashName } from "./hashing.ts";

const nodeNames: Readonly<Record<HashName, string>> = {
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
  "SHA3-256": "sha3-256",
};

/** Hashes `data` (FIPS 180-4, FIPS 202). Synchronous; for 64 KB and more prefer `webCryptoHashing`. */
export function digest(hash: HashName, data: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash(nodeNames[hash]).update(data).digest());
}

/** SHAKE256 (FIPS 202 §6.2) with `length` bytes of output. */
export function shake256(data: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("shake256", { outputLength: length }).update(data).digest());
}
