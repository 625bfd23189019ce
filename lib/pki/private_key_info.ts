import { DecodeError } from "../errors/mod.ts";
import { DerReader } from "./der_reader.ts";
import { derInteger, derOctets, derSequence } from "./der_writer.ts";
import { type KeyAlgorithmInfo, readKeyAlgorithm } from "./public_key_info.ts";

/** What a PKCS#8 PrivateKeyInfo says. */
export interface PrivateKeyInfo extends KeyAlgorithmInfo {
  /** The content of the privateKey OCTET STRING, as a view. It is a secret. */
  privateKey: Uint8Array;
}

/**
 * Parses a PrivateKeyInfo: version, algorithm, key, and what may follow (RFC 5958 §2).
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export function parsePrivateKeyInfo(pkcs8: Uint8Array): PrivateKeyInfo {
  try {
    const reader = new DerReader(pkcs8);
    const info = reader.sequence("private key");
    reader.end("private key");
    info.smallInteger("private key version");
    const algorithm = readKeyAlgorithm(info);
    return { ...algorithm, privateKey: info.octets("private key") };
  } catch (cause) {
    if (cause instanceof DecodeError && cause.code === "key-unsupported") throw cause;
    throw new DecodeError("key-malformed", "cannot decode private key", { cause });
  }
}

/** Encodes a PrivateKeyInfo of version 1 from its AlgorithmIdentifier (DER) and the octets of the key. */
export function encodePrivateKeyInfo(algorithm: Uint8Array, privateKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return derSequence(derInteger(0), algorithm, derOctets(privateKey));
}
