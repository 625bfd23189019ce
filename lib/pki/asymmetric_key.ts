import { createXWing, type RandomSource } from "../crypto/mod.ts";
import { DecodeError, UsageError } from "../errors/mod.ts";
import { derBits, derOid, derSequence } from "./der_writer.ts";
import {
  checkFiniteFieldPublicKey,
  deriveFiniteFieldSpki,
  type EncodedKeyPair,
  generateFiniteFieldKey,
} from "./finite_field_key.ts";
import { generateKeyPair, importPkcs8, importSpki, KEY_ALGORITHMS, type KeyAlgorithm } from "./key_pair.ts";
import { encodePrivateKeyInfo, parsePrivateKeyInfo } from "./private_key_info.ts";
import { type KeyType, parsePublicKeyInfo, readKeyAlgorithm } from "./public_key_info.ts";
import { DerReader } from "./der_reader.ts";

/** The algorithms that {@link generateAsymmetricKey} offers. */
export const ASYMMETRIC_ALGORITHMS = [
  "ed25519",
  "x25519",
  "ecdsa-p256",
  "ecdsa-p384",
  "rsa-2048",
  "rsa-3072",
  "rsa-4096",
  "ml-dsa-65",
  "ml-kem-768",
  "x-wing",
  "dh-2048",
  "elgamal-2048",
] as const;

/** An algorithm of {@link ASYMMETRIC_ALGORITHMS}. */
export type AsymmetricAlgorithm = typeof ASYMMETRIC_ALGORITHMS[number];

/** A key of any kind that parley knows, in the encodings in which keys are exchanged. */
export interface AsymmetricKey {
  /** The kind of key. */
  type: KeyType;
  /** The kind and, where it has one, the size: `ed25519`, `rsa-3072`. */
  algorithm: string;
  /** The public key as SubjectPublicKeyInfo, DER. */
  spki: Uint8Array<ArrayBuffer>;
  /** The private key as PKCS#8, DER, where it is known. It is a secret; overwrite it after use. */
  pkcs8?: Uint8Array<ArrayBuffer>;
}

const X_WING_OID = "1.3.6.1.4.1.62253.25722";

/**
 * Generates a key of any kind.
 *
 * @param random where the keys of X-Wing, Diffie-Hellman and ElGamal come from; for the others the runtime has
 * its own
 * @throws {UsageError} `key-algorithm-unknown`
 */
export async function generateAsymmetricKey(
  algorithm: AsymmetricAlgorithm,
  random: RandomSource,
): Promise<AsymmetricKey & EncodedKeyPair> {
  const { pkcs8, spki } = await generateEncoded(algorithm, random);
  return { ...describePublicKey(spki), pkcs8 };
}

/**
 * Reads a private key of any kind from PKCS#8 and derives its public half.
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export async function importAsymmetricKey(
  pkcs8: Uint8Array<ArrayBuffer>,
): Promise<AsymmetricKey & EncodedKeyPair> {
  const { type, privateKey } = parsePrivateKeyInfo(pkcs8);
  if (type === "x-wing") return { ...describePublicKey(await deriveXWingSpki(privateKey)), pkcs8 };
  if (type === "dh" || type === "elgamal") {
    return { ...describePublicKey(deriveFiniteFieldSpki(pkcs8)), pkcs8 };
  }
  return { ...describePublicKey((await importPkcs8(pkcs8)).spki), pkcs8 };
}

/**
 * Reads a public key of any kind from SubjectPublicKeyInfo.
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export async function importAsymmetricPublicKey(spki: Uint8Array<ArrayBuffer>): Promise<AsymmetricKey> {
  const { type, publicKey } = parsePublicKeyInfo(spki);
  if (type === "dh" || type === "elgamal") {
    const { parameters } = readKeyAlgorithm(new DerReader(spki).sequence("public key"));
    checkFiniteFieldPublicKey(parameters!, publicKey);
  } else if (type !== "x-wing") await importSpki(spki);
  return describePublicKey(spki);
}

/**
 * Names the kind of a public key, with its size where it has one: `ed25519`, `rsa-3072`, `dh-2048`.
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export function nameKeyAlgorithm(spki: Uint8Array): string {
  const { type, bits } = parsePublicKeyInfo(spki);
  return type === "rsa" || type === "dh" || type === "elgamal" ? `${type}-${bits}` : type;
}

function describePublicKey(spki: Uint8Array<ArrayBuffer>): AsymmetricKey {
  return { type: parsePublicKeyInfo(spki).type, algorithm: nameKeyAlgorithm(spki), spki };
}

async function generateEncoded(
  algorithm: AsymmetricAlgorithm,
  random: RandomSource,
): Promise<EncodedKeyPair> {
  if (algorithm === "dh-2048") return generateFiniteFieldKey("dh", random);
  if (algorithm === "elgamal-2048") return generateFiniteFieldKey("elgamal", random);
  if (algorithm === "x-wing") {
    const seed = random(32);
    const pkcs8 = encodePrivateKeyInfo(derSequence(derOid(X_WING_OID)), seed);
    return { pkcs8, spki: await deriveXWingSpki(seed) };
  }
  if (!isRuntimeAlgorithm(algorithm)) {
    throw new UsageError("key-algorithm-unknown", `unknown key algorithm ${JSON.stringify(algorithm)}`, {
      hint: `one of ${ASYMMETRIC_ALGORITHMS.join(", ")}`,
    });
  }
  const { privateKey, spki } = await generateKeyPair(algorithm);
  return { pkcs8: new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey)), spki };
}

function isRuntimeAlgorithm(algorithm: string): algorithm is KeyAlgorithm {
  return (KEY_ALGORITHMS as readonly string[]).includes(algorithm);
}

/** draft-connolly-cfrg-xwing-kem §5.8: the private key is the seed, the public key stands as it is. */
async function deriveXWingSpki(seed: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  if (seed.length !== 32) {
    throw new DecodeError("key-malformed", "cannot decode private key: not an X-Wing seed");
  }
  // A fresh key pair of X-Wing is one that follows from 32 random bytes: the seed.
  const xWing = createXWing(() => new Uint8Array(seed));
  const { publicKey } = await xWing.generateKeyPair();
  return derSequence(derSequence(derOid(X_WING_OID)), derBits(xWing.exportPublicKey(publicKey)));
}
