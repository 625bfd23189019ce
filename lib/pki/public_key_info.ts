import { DecodeError } from "../errors/mod.ts";
import { DerReader } from "./der_reader.ts";
import { DerTag } from "./der_tag.ts";

/** The kinds of key that parley knows. `x25519` agrees on keys and signs nothing. */
export type KeyType = "ed25519" | "x25519" | "ecdsa-p256" | "ecdsa-p384" | "rsa";

/** What a SubjectPublicKeyInfo says. */
export interface PublicKeyInfo {
  /** The kind of key. */
  type: KeyType;
  /** The size by which keys of this kind are compared: the modulus for RSA, the field otherwise. */
  bits: number;
  /** The content of the subjectPublicKey BIT STRING, as a view. */
  publicKey: Uint8Array;
}

/** Object identifiers of key algorithms; for elliptic curves `algorithm curve` (RFC 8410, 5480, 8017). */
const KEY_TYPES: Record<string, KeyType> = {
  "1.3.101.112": "ed25519",
  "1.3.101.110": "x25519",
  "1.2.840.10045.2.1 1.2.840.10045.3.1.7": "ecdsa-p256",
  "1.2.840.10045.2.1 1.3.132.0.34": "ecdsa-p384",
  "1.2.840.113549.1.1.1": "rsa",
};
const CURVE_BITS = { "ed25519": 256, "x25519": 256, "ecdsa-p256": 256, "ecdsa-p384": 384 };
const POINT_OCTETS = { "ed25519": 32, "x25519": 32, "ecdsa-p256": 65, "ecdsa-p384": 97 };

/**
 * Parses a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export function parsePublicKeyInfo(spki: Uint8Array): PublicKeyInfo {
  try {
    const reader = new DerReader(spki);
    const info = reader.sequence("public key");
    reader.end("public key");
    const type = readKeyType(info);
    const publicKey = info.bitOctets("public key");
    info.end("public key");
    if (type === "rsa") return { type, bits: readRsaBits(publicKey), publicKey };
    if (publicKey.length !== POINT_OCTETS[type]) {
      throw new DecodeError("key-malformed", `cannot decode public key: not a key of ${type}`);
    }
    return { type, bits: CURVE_BITS[type], publicKey };
  } catch (cause) {
    if (!(cause instanceof DecodeError) || cause.code.startsWith("key-")) throw cause;
    throw new DecodeError("key-malformed", "cannot decode public key", { cause, offset: cause.offset });
  }
}

/**
 * Reads the AlgorithmIdentifier of a public or private key.
 *
 * @throws {DecodeError} `key-unsupported` for an algorithm or a curve that parley does not know
 */
export function readKeyType(info: DerReader): KeyType {
  const identifier = info.sequence("key algorithm");
  const algorithm = identifier.oid("key algorithm");
  const parameters = identifier.nextTag === DerTag.oid ? ` ${identifier.oid("curve")}` : "";
  identifier.optional(DerTag.null, "key algorithm parameters");
  identifier.end("key algorithm");
  const type = KEY_TYPES[algorithm + parameters];
  if (type !== undefined) return type;
  throw new DecodeError("key-unsupported", `unsupported key algorithm ${algorithm}${parameters}`, {
    hint: "supported are Ed25519, X25519, ECDSA on P-256 and P-384, and RSA",
  });
}

/** RSAPublicKey (RFC 8017 §A.1.1): the size of its modulus. */
function readRsaBits(publicKey: Uint8Array): number {
  const reader = new DerReader(publicKey);
  const key = reader.sequence("RSA key");
  reader.end("RSA key");
  const modulus = key.unsigned("RSA modulus");
  key.unsigned("RSA exponent");
  key.end("RSA key");
  return modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
}
