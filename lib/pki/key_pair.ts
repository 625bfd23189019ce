import { AuthenticationError, DecodeError, UsageError } from "../errors/mod.ts";
import { parsePrivateKeyInfo } from "./private_key_info.ts";
import { type KeyType, parsePublicKeyInfo } from "./public_key_info.ts";

/** The algorithms that `generateKeyPair` offers. */
export const KEY_ALGORITHMS = [
  "ed25519",
  "ecdsa-p256",
  "ecdsa-p384",
  "rsa-2048",
  "rsa-3072",
  "rsa-4096",
  "x25519",
  "ml-dsa-65",
  "ml-kem-768",
] as const;

/** What a key pair of the runtime can be generated for. `x25519` and `ml-kem-768` cannot sign. */
export type KeyAlgorithm = typeof KEY_ALGORITHMS[number];

/** The kinds of key that the runtime knows; for the others see `asymmetric_key.ts`. */
type RuntimeKeyType = Exclude<KeyType, "x-wing" | "dh" | "elgamal">;

/** The kinds of key that a certificate may carry. */
const CERTIFIABLE: readonly KeyType[] = ["ed25519", "ecdsa-p256", "ecdsa-p384", "rsa"];

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
    : [algorithm as Exclude<RuntimeKeyType, "rsa">, 0];
  const parameters = type === "rsa"
    ? { ...webCryptoAlgorithm(type), modulusLength, publicExponent: Uint8Array.of(1, 0, 1) }
    : webCryptoAlgorithm(type);
  const uses = [...keyUsages(type, "private"), ...keyUsages(type, "public")];
  const pair = await crypto.subtle.generateKey(parameters, true, uses) as CryptoKeyPair;
  return toKeyPair(type, pair.privateKey, pair.publicKey);
}

/**
 * Imports a private key from PKCS#8 (RFC 5958) and derives its public half.
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export async function importPkcs8(pkcs8: Uint8Array<ArrayBuffer>): Promise<KeyPair> {
  const { type } = parsePrivateKeyInfo(pkcs8);
  const algorithm = webCryptoAlgorithm(type);
  try {
    const privateKey = await crypto.subtle.importKey(
      "pkcs8",
      pkcs8,
      algorithm,
      true,
      keyUsages(type, "private"),
    );
    const jwk = toPublicJwk(await crypto.subtle.exportKey("jwk", privateKey));
    const publicKey = await crypto.subtle.importKey("jwk", jwk, algorithm, true, keyUsages(type, "public"));
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
      keyUsages(type, "public"),
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
  const isSized = key.type !== "rsa" || (key.bits >= 2048 && key.bits <= 8192);
  if (isSized && CERTIFIABLE.includes(key.type)) return;
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

/** The public half of a private JSON Web Key. */
function toPublicJwk(jwk: JsonWebKey & { pub?: string }): JsonWebKey {
  const { kty, crv, x, y, n, e, alg, pub } = jwk;
  if (kty === "RSA") return { kty, n, e };
  return kty === "AKP" ? { kty, alg, pub } as JsonWebKey : { kty, crv, x, y };
}

/** How WebCrypto names a kind of key. */
export function webCryptoAlgorithm(type: KeyType): { name: string; namedCurve?: string; hash?: string } {
  const algorithm = WEB_CRYPTO_ALGORITHMS[type];
  if (algorithm !== undefined) return algorithm;
  throw new DecodeError("key-unsupported", `a key of ${type} is of no use here`);
}

const WEB_CRYPTO_ALGORITHMS: Partial<Record<KeyType, ReturnType<typeof webCryptoAlgorithm>>> = {
  "ed25519": { name: "Ed25519" },
  "x25519": { name: "X25519" },
  "ecdsa-p256": { name: "ECDSA", namedCurve: "P-256" },
  "ecdsa-p384": { name: "ECDSA", namedCurve: "P-384" },
  "rsa": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  "ml-dsa-65": { name: "ML-DSA-65" },
  "ml-kem-768": { name: "ML-KEM-768" },
};

/** What a key of this kind may do, in WebCrypto's words, which TypeScript does not know all. */
export function keyUsages(type: KeyType, half: "private" | "public"): KeyUsage[] {
  if (type === "x25519") return half === "private" ? ["deriveBits"] : [];
  if (type === "ml-kem-768") {
    return [half === "private" ? "decapsulateBits" : "encapsulateBits"] as string[] as KeyUsage[];
  }
  return half === "private" ? ["sign"] : ["verify"];
}
