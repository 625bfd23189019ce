import { formatPem, parsePem, type PemBlock } from "../bytes/mod.ts";
import { AuthenticationError, DecodeError } from "../errors/mod.ts";
import { openPkcs8, type Pkcs8Protection, sealPkcs8 } from "./encrypted_pkcs8.ts";
import { importPkcs8, type KeyPair } from "./key_pair.ts";
import { parsePublicKeyInfo } from "./public_key_info.ts";

const PRIVATE = "PRIVATE KEY", ENCRYPTED = "ENCRYPTED PRIVATE KEY", PUBLIC = "PUBLIC KEY";

/**
 * Exports a private key as PEM: PKCS#8 (label `PRIVATE KEY`), or with `protection` PKCS#8 encrypted
 * under a passphrase (label `ENCRYPTED PRIVATE KEY`). openssl reads both.
 *
 * @throws {UsageError} `passphrase-empty`
 */
export async function exportPrivateKey(key: CryptoKey, protection?: Pkcs8Protection): Promise<string> {
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));
  try {
    return await formatPrivateKey(pkcs8, protection);
  } finally {
    pkcs8.fill(0);
  }
}

/**
 * Formats a private key in PKCS#8 as {@link exportPrivateKey} does, whatever its kind.
 *
 * @throws {UsageError} `passphrase-empty`
 */
export async function formatPrivateKey(
  pkcs8: Uint8Array<ArrayBuffer>,
  protection?: Pkcs8Protection,
): Promise<string> {
  if (protection === undefined) return formatPem(PRIVATE, pkcs8);
  return formatPem(ENCRYPTED, await sealPkcs8(pkcs8, protection));
}

/** Whether the private key in this PEM text needs a passphrase. */
export function isEncryptedPrivateKey(pem: string): boolean {
  return parsePem(pem)[0]?.label === ENCRYPTED;
}

/**
 * Imports a private key from PKCS#8 PEM, encrypted or not.
 *
 * @throws {DecodeError} `pem-malformed`, `key-malformed`, `key-unsupported`, `key-encryption-unsupported`
 * @throws {AuthenticationError} `passphrase-required`, `passphrase-wrong`
 */
export async function importPrivateKey(pem: string, passphrase?: Uint8Array): Promise<KeyPair> {
  const { label, bytes } = soleBlock(pem);
  if (label === PRIVATE) return await importAndWipe(bytes);
  if (label !== ENCRYPTED) throw wrongLabel(label, PRIVATE);
  if (passphrase === undefined) {
    throw new AuthenticationError("passphrase-required", "the private key is encrypted under a passphrase");
  }
  const pkcs8 = await openPkcs8(bytes, passphrase);
  try {
    return await importAndWipe(pkcs8);
  } catch (cause) {
    // A wrong passphrase passes the padding check once in 256 times and then yields noise.
    if (cause instanceof DecodeError && cause.code === "key-unsupported") throw cause;
    throw new AuthenticationError("passphrase-wrong", "cannot open the private key: wrong passphrase");
  }
}

/** Exports a public key (SubjectPublicKeyInfo) as PEM. */
export function exportPublicKey(spki: Uint8Array): string {
  return formatPem(PUBLIC, spki);
}

/**
 * Imports a public key from PEM as SubjectPublicKeyInfo.
 *
 * @throws {DecodeError} `pem-malformed`, `key-malformed`, `key-unsupported`
 */
export function importPublicKey(pem: string): Uint8Array<ArrayBuffer> {
  const { label, bytes } = soleBlock(pem);
  if (label !== PUBLIC) throw wrongLabel(label, PUBLIC);
  parsePublicKeyInfo(bytes);
  return bytes;
}

async function importAndWipe(pkcs8: Uint8Array<ArrayBuffer>): Promise<KeyPair> {
  try {
    return await importPkcs8(pkcs8);
  } finally {
    pkcs8.fill(0);
  }
}

function soleBlock(pem: string): PemBlock {
  const [block, ...more] = parsePem(pem);
  if (block !== undefined && more.length === 0) return block;
  throw new DecodeError("pem-malformed", `cannot read key: ${more.length + 1} PEM blocks where 1 belongs`);
}

function wrongLabel(label: string, expected: string): DecodeError {
  const hint = /^(RSA|EC|DSA) PRIVATE KEY$/.test(label)
    ? "convert it with 'openssl pkcs8 -topk8 -in OLD -out NEW'"
    : `expected -----BEGIN ${expected}-----`;
  return new DecodeError("key-malformed", `cannot read key from a PEM block of ${label}`, { hint });
}
