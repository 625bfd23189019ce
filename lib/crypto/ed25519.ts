import { DecodeError } from "../errors/mod.ts";
import { decodeBase64Url } from "../bytes/mod.ts";
import { ed25519SeedToPkcs8 } from "./ed25519_pkcs8.ts";
import { assertEd25519PublicKey } from "./ed25519_public_key.ts";
import { assertSize } from "./size.ts";
import { subtle, toBufferSource } from "./subtle.ts";

/** An Ed25519 key pair of WebCrypto, extractable. */
export interface Ed25519KeyPair {
  /** Signs. */
  privateKey: CryptoKey;
  /** Verifies. */
  publicKey: CryptoKey;
}

/** Generates an Ed25519 key pair (RFC 8032 §5.1.5) with the runtime's own generator. */
export async function generateEd25519KeyPair(): Promise<Ed25519KeyPair> {
  return await subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
}

/** Signs `message`; the signature has 64 bytes (RFC 8032 §5.1.6). */
export async function signEd25519(
  privateKey: CryptoKey,
  message: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await subtle.sign("Ed25519", privateKey, toBufferSource(message)));
}

/** Checks a signature (RFC 8032 §5.1.7). A signature of another length is wrong. */
export function verifyEd25519(
  publicKey: CryptoKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return subtle.verify("Ed25519", publicKey, toBufferSource(signature), toBufferSource(message));
}

/**
 * Imports a private key from its 32-byte seed.
 *
 * @throws {DecodeError} `size-invalid`
 */
export async function importEd25519PrivateKey(seed: Uint8Array): Promise<CryptoKey> {
  return await subtle.importKey("pkcs8", ed25519SeedToPkcs8(seed), "Ed25519", true, ["sign"]);
}

/**
 * Imports a public key of 32 bytes. The runtime takes bytes that are no point and then finds no
 * signature of theirs valid.
 *
 * @throws {DecodeError} `size-invalid`, or `ed25519-public-key-invalid` for a point of small order
 */
export async function importEd25519PublicKey(raw: Uint8Array): Promise<CryptoKey> {
  assertEd25519PublicKey(raw);
  return await subtle.importKey("raw", toBufferSource(raw), "Ed25519", true, ["verify"]);
}

/**
 * Exports the 32-byte seed of an extractable private key.
 *
 * @throws {DecodeError} `ed25519-key-public` where it is a public key
 */
export async function exportEd25519PrivateKey(privateKey: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  const { d } = await subtle.exportKey("jwk", privateKey);
  if (d === undefined) throw new DecodeError("ed25519-key-public", "cannot export the seed of a public key");
  const seed = decodeBase64Url(d);
  assertSize("Ed25519 private key", seed, 32);
  return seed;
}

/** Exports the 32 bytes of a public key. */
export async function exportEd25519PublicKey(publicKey: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await subtle.exportKey("raw", publicKey));
}
