import { concatBytes, equalBytes } from "../bytes/mod.ts";
import { DecodeError } from "../errors/mod.ts";
import { assertSize } from "./size.ts";

// SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.112 }, OCTET STRING { OCTET STRING[32] } }
const PREFIX = Uint8Array.fromHex("302e020100300506032b657004220420");

/**
 * Wraps a 32-byte seed as PKCS#8 v1 (RFC 8410 §7, without the optional public key).
 *
 * @throws {DecodeError} `size-invalid`
 */
export function ed25519SeedToPkcs8(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  assertSize("Ed25519 private key", seed, 32);
  return concatBytes(PREFIX, seed);
}

/**
 * Returns the 32-byte seed from PKCS#8 v1 (RFC 8410 §7).
 *
 * @throws {DecodeError} `ed25519-pkcs8-malformed`
 */
export function ed25519SeedFromPkcs8(pkcs8: Uint8Array): Uint8Array<ArrayBuffer> {
  if (pkcs8.length === PREFIX.length + 32 && equalBytes(pkcs8.subarray(0, PREFIX.length), PREFIX)) {
    return new Uint8Array(pkcs8.subarray(PREFIX.length));
  }
  throw new DecodeError("ed25519-pkcs8-malformed", "cannot decode Ed25519 private key");
}
