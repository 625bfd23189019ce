import { AuthenticationError, DecodeError, UsageError } from "../errors/mod.ts";
import { DerReader } from "./der_reader.ts";
import { type KeyType, parsePublicKeyInfo, readKeyType } from "./public_key_info.ts";

/** The algorithms that `generateKeyPair` offers. */
export const KEY_ALGORITHMS = [
  "ed25519",
  "ecdsa-p256",
  "rsa-2048",
  "rsa-3072",
  "rsa-4096",
  "x25519",
] as const;

/** What a key can be generated for. All but `x25519` can sign. */
export type KeyAlgorithm = typeof KEY_ALGORITHMS[number];

/** A private key with its public half. */
export interface KeyPair {
  /** The kind of key. */
  type: KeyType;
  /** The size of the key, see `PublicKeyInfo`. */
  bits: number;
  /** The private key; extractable, so that it can be written to a file. */
  privateKey: CryptoKey;
  /** The public key. */
  publicKey: CryptoKey;
  /** The public key as SubjectPublicKeyInfo, DER. */
  spki: Uint8Array<ArrayBuffer>;
}

/**
 * Generates a key pair.
 *
 * @throws {UsageError} `key-algorithm-unknown`
 */
export async function generateKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  if (!KEY_ALGORITHMS.includes(algorithm)) {
    throw new UsageError("key-algorithm-unknown", `unknown key algorithm ${JSON.stringify(algorithm)}`, {
      hint: `one of ${KEY_ALGORITHMS.join(", ")}`,
    });
  }
  const [type, modulusLength] = algorithm.startsWith("rsa-")
    ? ["rsa" as const, Number(algorithm.slice(4))]
    : [algorithm as Exclude<KeyType, "rsa">, 0];
  const parameters = type === "rsa"
    ? { ...webCryptoAlgorithm(type), modulusLength, publicExponent: Uint8Array.of(1, 0, 1) }
    : webCryptoAlgorithm(type);
  const pair = await crypto.subtle.generateKey(parameters, true, usages(type, "private")) as CryptoKeyPair;
  return toKeyPair(type, pair.privateKey, pair.publicKey);
}

/**
 * Imports a private key from PKCS#8 (RFC 5958) and derives its public half.
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export async function importPkcs8(pkcs8: Uint8Array<ArrayBuffer>): Promise<KeyPair> {
  const type = readPkcs8Type(pkcs8);
  const algorithm = webCryptoAlgorithm(type);
  try {
    const privateKey = await crypto.subtle.importKey(
      "pkcs8",
      pkcs8,
      algorithm,
      true,
      usages(type, "private"),
    );
    const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey("jwk", privateKey);
    const jwk = type === "rsa" ? { kty, n, e } : { kty, crv, x, y };
    const publicKey = await crypto.subtle.importKey("jwk", jwk, algorithm, true, usages(type, "public"));
    return await toKeyPair(type, privateKey, publicKey);
  } catch (cause) {
    throw new DecodeError("key-malformed", `cannot import private key: not a key of ${type}`, { cause });
  }
}

/**
 * Imports a public key from SubjectPublicKeyInfo. RSA keys are for signatures with SHA-256.
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export async function importSpki(spki: Uint8Array): Promise<CryptoKey> {
  const { type } = parsePublicKeyInfo(spki);
  try {
    return await crypto.subtle.importKey(
      "spki",
      new Uint8Array(spki),
      webCryptoAlgorithm(type),
      true,
      usages(type, "public"),
    );
  } catch (cause) {
    throw new DecodeError("key-malformed", `cannot import public key: not a key of ${type}`, { cause });
  }
}

/**
 * Accepts a public key that a certificate may carry: Ed25519, ECDSA on P-256 or P-384, or RSA of 2048 to
 * 8192 bits (more would let a stranger buy much of our time with one signature).
 *
 * @throws {AuthenticationError} `key-weak` for any other key
 */
export function checkSigningKey(key: { type: KeyType; bits: number }): void {
  const allowed = key.type === "rsa" ? key.bits >= 2048 && key.bits <= 8192 : key.type !== "x25519";
  if (allowed) return;
  throw new AuthenticationError(
    "key-weak",
    `a certificate may not carry a key of ${key.type}, ${key.bits} bits`,
    {
      hint: "use Ed25519, ECDSA on P-256 or P-384, or RSA of 2048 to 8192 bits",
    },
  );
}

async function toKeyPair(type: KeyType, privateKey: CryptoKey, publicKey: CryptoKey): Promise<KeyPair> {
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  return { type, bits: parsePublicKeyInfo(spki).bits, privateKey, publicKey, spki };
}

/** PrivateKeyInfo: version, algorithm, key, and what may follow (RFC 5958 §2). */
function readPkcs8Type(pkcs8: Uint8Array): KeyType {
  try {
    const reader = new DerReader(pkcs8);
    const info = reader.sequence("private key");
    reader.end("private key");
    info.smallInteger("private key version");
    return readKeyType(info);
  } catch (cause) {
    if (cause instanceof DecodeError && cause.code === "key-unsupported") throw cause;
    throw new DecodeError("key-malformed", "cannot decode private key", { cause });
  }
}

function webCryptoAlgorithm(type: KeyType): { name: string; namedCurve?: string; hash?: string } {
  switch (type) {
    case "ed25519":
      return { name: "Ed25519" };
    case "x25519":
      return { name: "X25519" };
    case "ecdsa-p256":
      return { name: "ECDSA", namedCurve: "P-256" };
    case "ecdsa-p384":
      return { name: "ECDSA", namedCurve: "P-384" };
    case "rsa":
      return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  }
}

function usages(type: KeyType, half: "private" | "public"): KeyUsage[] {
  if (type === "x25519") return half === "private" ? ["deriveBits"] : [];
  return half === "private" ? ["sign"] : ["verify"];
}
