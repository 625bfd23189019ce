import { createHmac } from "node:crypto";
import { equalBytesConstantTime } from "../bytes/mod.ts";
import { type MacHashName, nodeHashNames } from "./hashing.ts";

/** Computes an HMAC (RFC 2104) of the hash's full length. Synchronous. */
export function signHmac(hash: MacHashName, key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHmac(nodeHashNames[hash], key).update(data).digest());
}

/** Checks an HMAC (RFC 2104) in constant time. A `mac` of another length is wrong. Synchronous. */
export function verifyHmac(hash: MacHashName, key: Uint8Array, data: Uint8Array, mac: Uint8Array): boolean {
  return equalBytesConstantTime(signHmac(hash, key, data), mac);
}
