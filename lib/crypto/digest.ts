import { createHash } from "node:crypto";
import { type HashName, nodeHashNames } from "./hashing.ts";

/** Hashes `data` (FIPS 180-4, FIPS 202). Synchronous; for 64 KB and more prefer `webCryptoHashing`. */
export function digest(hash: HashName, data: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash(nodeHashNames[hash]).update(data).digest());
}

/** SHAKE256 (FIPS 202 §6.2) with `length` bytes of output. */
export function shake256(data: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("shake256", { outputLength: length }).update(data).digest());
}
