import type { FiniteFieldGroup } from "../crypto/mod.ts";
import { DecodeError } from "../errors/mod.ts";
import { DerReader } from "./der_reader.ts";
import { DerTag } from "./der_tag.ts";

/** The kinds of key that parley knows. Certificates carry `ed25519`, `ecdsa-p256`, `ecdsa-p384` and `rsa` only. */
export type KeyType =
  | "ed25519"
  | "x25519"
  | "ecdsa-p256"
  | "ecdsa-p384"
  | "rsa"
  | "ml-dsa-65"
  | "ml-kem-768"
  | "x-wing"
  | "dh"
  | "elgamal";

/** What a SubjectPublicKeyInfo says. */
export interface PublicKeyInfo {
  /** The kind of key. */
  type: KeyType;
  /** The size by which keys of this kind are compared: modulus or prime, the curve's field, else the key. */
  bits: number;
  /** The content of the subjectPublicKey BIT STRING, as a view. */
  publicKey: Uint8Array;
}

/**
 * Object identifiers of key algorithms; for elliptic curves `algorithm curve`: RFC 8410, 5480, 8017, 9881, 9935,
 * draft-connolly-cfrg-xwing-kem, PKCS#3, and for ElGamal OIW's, which Bouncy Castle uses too.
 */
const KEY_TYPES: Record<string, KeyType> = {
  "1.3.101.112": "ed25519",
  "1.3.101.110": "x25519",
  "1.2.840.10045.2.1 1.2.840.10045.3.1.7": "ecdsa-p256",
  "1.2.840.10045.2.1 1.3.132.0.34": "ecdsa-p384",
  "1.2.840.113549.1.1.1": "rsa",
  "2.16.840.1.101.3.4.3.18": "ml-dsa-65",
  "2.16.840.1.101.3.4.4.2": "ml-kem-768",
  "1.3.6.1.4.1.62253.25722": "x-wing",
  "1.2.840.113549.1.3.1": "dh",
  "1.3.14.7.2.1.1": "elgamal",
};
const CURVE_BITS: Partial<Record<KeyType, number>> = {
  "ed25519": 256,
  "x25519": 256,
  "ecdsa-p256": 256,
  "ecdsa-p384": 384,
};
const KEY_OCTETS: Partial<Record<KeyType, number>> = {
  "ed25519": 32,
  "x25519": 32,
  "ecdsa-p256": 65,
  "ecdsa-p384": 97,
  "ml-dsa-65": 1_952,
  "ml-kem-768": 1_184,
  "x-wing": 1_216,
};

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
    const { type, parameters } = readKeyAlgorithm(info);
    const publicKey = info.bitOctets("public key");
    info.end("public key");
    return { type, bits: readBits(type, publicKey, parameters), publicKey };
  } catch (cause) {
    if (!(cause instanceof DecodeError) || cause.code.startsWith("key-")) throw cause;
    throw new DecodeError("key-malformed", "cannot decode public key", { cause, offset: cause.offset });
  }
}

/** The algorithm of a key. */
export interface KeyAlgorithmInfo {
  /** The kind of key. */
  type: KeyType;
  /** The parameters of a finite-field group, DER; see {@link readFiniteFieldGroup}. */
  parameters?: Uint8Array;
}

/**
 * Reads the AlgorithmIdentifier of a public or private key.
 *
 * @throws {DecodeError} `key-unsupported` for an algorithm or a curve that parley does not know
 */
export function readKeyAlgorithm(info: DerReader): KeyAlgorithmInfo {
  const identifier = info.sequence("key algorithm");
  const algorithm = identifier.oid("key algorithm");
  const curve = identifier.nextTag === DerTag.oid ? ` ${identifier.oid("curve")}` : "";
  const type = KEY_TYPES[algorithm + curve];
  if (type === undefined) {
    throw new DecodeError("key-unsupported", `unsupported key algorithm ${algorithm}${curve}`, {
      hint: "supported are Ed25519, X25519, ECDSA on P-256 and P-384, RSA, ML-DSA-65, ML-KEM-768, X-Wing, " +
        "Diffie-Hellman and ElGamal",
    });
  }
  const isFiniteField = type === "dh" || type === "elgamal";
  const parameters = isFiniteField ? identifier.element(DerTag.sequence, "group").der : undefined;
  if (!isFiniteField) identifier.optional(DerTag.null, "key algorithm parameters");
  identifier.end("key algorithm");
  return { type, ...(parameters !== undefined && { parameters }) };
}

/**
 * Reads the parameters of a Diffie-Hellman or ElGamal key: DHParameter of PKCS#3, p and g and perhaps the length
 * of private values, which is not needed.
 *
 * @throws {DecodeError} what the DER reader throws
 */
export function readFiniteFieldGroup(parameters: Uint8Array): FiniteFieldGroup {
  const reader = new DerReader(parameters);
  const group = reader.sequence("group");
  reader.end("group");
  const prime = group.unsigned("prime");
  const generator = group.unsigned("generator");
  if (group.nextTag === DerTag.integer) group.smallInteger("private value length");
  group.end("group");
  return { prime, generator };
}

function readBits(type: KeyType, publicKey: Uint8Array, parameters: Uint8Array | undefined): number {
  if (type === "rsa") return readRsaBits(publicKey);
  if (parameters !== undefined) return bitLength(readFiniteFieldGroup(parameters).prime);
  if (publicKey.length !== KEY_OCTETS[type]) {
    throw new DecodeError("key-malformed", `cannot decode public key: not a key of ${type}`);
  }
  return CURVE_BITS[type] ?? publicKey.length * 8;
}

/** RSAPublicKey (RFC 8017 §A.1.1): the size of its modulus. */
function readRsaBits(publicKey: Uint8Array): number {
  const reader = new DerReader(publicKey);
  const key = reader.sequence("RSA key");
  reader.end("RSA key");
  const modulus = key.unsigned("RSA modulus");
  key.unsigned("RSA exponent");
  key.end("RSA key");
  return bitLength(modulus);
}

function bitLength(number: Uint8Array): number {
  return number.length * 8 - Math.clz32(number[0] ?? 0) + 24;
}
