import { concatBytes } from "../bytes/mod.ts";
import { AuthenticationError, DecodeError, UsageError } from "../errors/mod.ts";
import { DerReader } from "./der_reader.ts";
import { DerTag } from "./der_tag.ts";
import { derBits, derElement, derOid, derSequence, derUnsigned } from "./der_writer.ts";
import { type KeyType, parsePublicKeyInfo } from "./public_key_info.ts";

/** A signature algorithm of X.509. SHA-1, MD5 and everything else that is not listed is refused. */
export interface SignatureAlgorithm {
  /** Object identifier. */
  oid: string;
  /** The name that openssl and people use. */
  name: string;
  /** WebCrypto's name of the scheme. */
  scheme: "Ed25519" | "ECDSA" | "RSASSA-PKCS1-v1_5";
  /** The hash; Ed25519 has its own. */
  hash?: "SHA-256" | "SHA-384" | "SHA-512";
}

/** RFC 8410, RFC 5758, RFC 4055. */
const ALGORITHMS: readonly SignatureAlgorithm[] = [
  { oid: "1.3.101.112", name: "Ed25519", scheme: "Ed25519" },
  { oid: "1.2.840.10045.4.3.2", name: "ECDSA-SHA256", scheme: "ECDSA", hash: "SHA-256" },
  { oid: "1.2.840.10045.4.3.3", name: "ECDSA-SHA384", scheme: "ECDSA", hash: "SHA-384" },
  { oid: "1.2.840.10045.4.3.4", name: "ECDSA-SHA512", scheme: "ECDSA", hash: "SHA-512" },
  { oid: "1.2.840.113549.1.1.11", name: "RSA-SHA256", scheme: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  { oid: "1.2.840.113549.1.1.12", name: "RSA-SHA384", scheme: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
  { oid: "1.2.840.113549.1.1.13", name: "RSA-SHA512", scheme: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
];
const SCHEMES: Partial<Record<KeyType, SignatureAlgorithm["scheme"]>> = {
  "ed25519": "Ed25519",
  "ecdsa-p256": "ECDSA",
  "ecdsa-p384": "ECDSA",
  "rsa": "RSASSA-PKCS1-v1_5",
};

/** Something signed as X.509 signs (RFC 5280 §4.1.1): `SEQUENCE { content, algorithm, signature }`. */
export interface SignedStructure {
  /** The signed part, DER. */
  content: Uint8Array;
  /** The AlgorithmIdentifier beside the signature, DER. */
  algorithm: Uint8Array;
  /** The signature's octets. */
  signature: Uint8Array;
}

/**
 * Splits a signed structure without looking into its content.
 *
 * @throws {DecodeError} `der-malformed`, `truncated`, `trailing-bytes`
 */
export function splitSigned(der: Uint8Array, field: string): SignedStructure {
  const reader = new DerReader(der);
  const signed = reader.sequence(field);
  reader.end(field);
  const content = signed.element(DerTag.sequence, field).der;
  const algorithm = signed.element(DerTag.sequence, `${field} signature algorithm`).der;
  const signature = signed.bitOctets(`${field} signature`);
  signed.end(field);
  return { content, algorithm, signature };
}

/**
 * Signs the content of an X.509 structure and returns the whole structure. The AlgorithmIdentifier is
 * that of {@link signatureAlgorithmOf}.
 */
export async function signStructure(
  content: Uint8Array<ArrayBuffer>,
  key: CryptoKey,
): Promise<Uint8Array<ArrayBuffer>> {
  const signature = await signMessage(content, key);
  const octets = key.algorithm.name === "ECDSA" ? encodeEcdsaSignature(signature) : signature;
  return derSequence(content, signatureAlgorithmOf(key), derBits(octets));
}

/** The AlgorithmIdentifier under which {@link signStructure} signs with this key, DER. */
export function signatureAlgorithmOf(key: CryptoKey): Uint8Array<ArrayBuffer> {
  const { hash } = signingParameters(key);
  const { oid, scheme } = ALGORITHMS.find((one) => one.scheme === key.algorithm.name && one.hash === hash)!;
  return scheme === "RSASSA-PKCS1-v1_5"
    ? derSequence(derOid(oid), derElement(DerTag.null))
    : derSequence(derOid(oid));
}

/**
 * Signs a message: Ed25519, ECDSA (r and s, side by side) with the hash of the curve's size, or RSA
 * PKCS#1 v1.5 with SHA-256.
 *
 * @throws {UsageError} `key-cannot-sign`
 */
export async function signMessage(
  message: Uint8Array<ArrayBuffer>,
  key: CryptoKey,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign(signingParameters(key), key, message));
}

/** Verifies what {@link signMessage} made, under a SubjectPublicKeyInfo. */
export async function verifyMessage(
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array,
  spki: Uint8Array,
): Promise<boolean> {
  const { type } = parsePublicKeyInfo(spki);
  const hash = type === "ecdsa-p384" ? "SHA-384" : "SHA-256";
  const algorithm = ALGORITHMS.find((one) => one.scheme === SCHEMES[type] && (one.hash ?? hash) === hash);
  if (algorithm === undefined) return false;
  return await verifyRaw(message, signature, spki, type, algorithm);
}

/**
 * Verifies the signature of an X.509 structure under the issuer's SubjectPublicKeyInfo. Keys are imported
 * once for as long as the same `spki` array is passed.
 *
 * @returns false where the signature is not this key's
 * @throws {AuthenticationError} `cert-algorithm` for an algorithm that is not allowed
 */
export async function verifyStructure(signed: SignedStructure, spki: Uint8Array): Promise<boolean> {
  const algorithm = parseSignatureAlgorithm(signed.algorithm);
  const { type } = parsePublicKeyInfo(spki);
  if (SCHEMES[type] !== algorithm.scheme) return false;
  const signature = algorithm.scheme === "ECDSA"
    ? decodeEcdsaSignature(signed.signature, type === "ecdsa-p384" ? 48 : 32)
    : signed.signature;
  if (signature === undefined) return false;
  return await verifyRaw(new Uint8Array(signed.content), signature, spki, type, algorithm);
}

/**
 * Parses the AlgorithmIdentifier of a signature.
 *
 * @throws {AuthenticationError} `cert-algorithm` for an algorithm that is not allowed, or is malformed
 */
export function parseSignatureAlgorithm(der: Uint8Array): SignatureAlgorithm {
  const { oid, hasNull } = readAlgorithmIdentifier(der);
  const algorithm = ALGORITHMS.find((one) => one.oid === oid);
  // RFC 4055 §5 wants NULL beside RSA, and others leave it out; beside the rest nothing may stand.
  if (algorithm !== undefined && (!hasNull || algorithm.scheme === "RSASSA-PKCS1-v1_5")) return algorithm;
  throw new AuthenticationError("cert-algorithm", `signature algorithm ${oid} is not allowed`, {
    hint: "allowed are Ed25519, and ECDSA and RSA PKCS#1 v1.5 with SHA-256, SHA-384 or SHA-512",
  });
}

function readAlgorithmIdentifier(der: Uint8Array): { oid: string; hasNull: boolean } {
  try {
    const reader = new DerReader(der).sequence("signature algorithm");
    const oid = reader.oid("signature algorithm");
    const parameters = reader.optional(DerTag.null, "signature algorithm");
    reader.end("signature algorithm");
    return { oid, hasNull: parameters !== undefined };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new AuthenticationError("cert-algorithm", "signature algorithm is not allowed: malformed", {
      cause,
    });
  }
}

function signingParameters(key: CryptoKey): { name: string; hash?: string } {
  const { name, namedCurve } = key.algorithm as EcKeyAlgorithm;
  if (name === "Ed25519") return { name };
  if (name === "ECDSA") return { name, hash: namedCurve === "P-384" ? "SHA-384" : "SHA-256" };
  if (name === "RSASSA-PKCS1-v1_5") return { name, hash: "SHA-256" };
  throw new UsageError("key-cannot-sign", `a key of ${name} cannot sign`);
}

/** Imported keys by the array that holds the SubjectPublicKeyInfo; they go when the array goes. */
const importedKeys = new WeakMap<Uint8Array, Map<string, Promise<CryptoKey>>>();

async function verifyRaw(
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array,
  spki: Uint8Array,
  type: KeyType,
  algorithm: SignatureAlgorithm,
): Promise<boolean> {
  const { scheme: name, hash = "" } = algorithm;
  const keys = importedKeys.get(spki) ?? new Map<string, Promise<CryptoKey>>();
  importedKeys.set(spki, keys);
  const namedCurve = type === "ecdsa-p384" ? "P-384" : "P-256";
  const key = keys.get(hash) ??
    crypto.subtle.importKey("spki", new Uint8Array(spki), { name, hash, namedCurve }, false, ["verify"]);
  keys.set(hash, key);
  try {
    return await crypto.subtle.verify({ name, hash }, await key, new Uint8Array(signature), message);
  } catch {
    // WebCrypto throws for a key that is no point of its curve: nothing is signed by such a key.
    return false;
  }
}

/** `SEQUENCE { r INTEGER, s INTEGER }` (RFC 5480 §2.2.3) from r and s side by side. */
function encodeEcdsaSignature(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const half = raw.length / 2;
  return derSequence(derUnsigned(raw.subarray(0, half)), derUnsigned(raw.subarray(half)));
}

/** The inverse; undefined for anything that is not such a signature. */
function decodeEcdsaSignature(der: Uint8Array, half: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    const reader = new DerReader(der);
    const pair = reader.sequence("signature");
    reader.end("signature");
    const numbers = [pair.unsigned("r"), pair.unsigned("s")];
    pair.end("signature");
    if (numbers.some((number) => number.length > half)) return undefined;
    return concatBytes(...numbers.flatMap((number) => [new Uint8Array(half - number.length), number]));
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
