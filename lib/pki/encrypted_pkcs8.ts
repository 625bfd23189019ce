import type { RandomSource } from "../crypto/mod.ts";
import { AuthenticationError, DecodeError, UsageError } from "../errors/mod.ts";
import { DerReader } from "./der_reader.ts";
import { DerTag } from "./der_tag.ts";
import { derElement, derInteger, derOctets, derOid, derSequence } from "./der_writer.ts";

/** How a private key is encrypted. */
export interface Pkcs8Protection {
  /** The passphrase's bytes, usually UTF-8. */
  passphrase: Uint8Array;
  /** Where salt and initialisation vector come from. */
  random: RandomSource;
  /** PBKDF2 iterations. Default 600,000. */
  iterations?: number;
}

const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const HMAC_WITH_SHA256 = "1.2.840.113549.2.9";
const AES_256_CBC = "2.16.840.1.101.3.4.1.42";

const DEFAULT_ITERATIONS = 600_000;
/** A file with more would keep us busy for seconds. */
const MAX_ITERATIONS = 10_000_000;
const SALT_BYTES = 16;
const IV_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Seals a PKCS#8 key as EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2 (RFC 8018 §6.2):
 * PBKDF2-HMAC-SHA256 and AES-256-CBC.
 *
 * @throws {UsageError} `passphrase-empty`
 */
export async function sealPkcs8(
  pkcs8: Uint8Array<ArrayBuffer>,
  protection: Pkcs8Protection,
): Promise<Uint8Array<ArrayBuffer>> {
  const { passphrase, random, iterations = DEFAULT_ITERATIONS } = protection;
  if (passphrase.length === 0) throw new UsageError("passphrase-empty", "the passphrase is empty");
  const salt = random(SALT_BYTES);
  const iv = random(IV_BYTES);
  const key = await deriveKey(passphrase, salt, iterations, "encrypt");
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, pkcs8));
  const prf = derSequence(derOid(HMAC_WITH_SHA256), derElement(DerTag.null));
  const kdf = derSequence(
    derOid(PBKDF2),
    derSequence(derOctets(salt), derInteger(iterations), prf),
  );
  const cipher = derSequence(derOid(AES_256_CBC), derOctets(iv));
  return derSequence(derSequence(derOid(PBES2), derSequence(kdf, cipher)), derOctets(sealed));
}

/**
 * Opens what {@link sealPkcs8} or `openssl pkcs8 -topk8 -v2 aes-256-cbc` sealed. CBC does not authenticate:
 * a wrong passphrase is mostly noticed here, and the rest when the caller imports the key.
 *
 * @throws {DecodeError} `key-malformed`, `key-encryption-unsupported`
 * @throws {AuthenticationError} `passphrase-wrong`
 */
export async function openPkcs8(
  encrypted: Uint8Array,
  passphrase: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const { salt, iterations, iv, sealed } = parseEncryptedPkcs8(encrypted);
  const key = await deriveKey(passphrase, salt, iterations, "decrypt");
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, sealed));
  } catch {
    throw new AuthenticationError("passphrase-wrong", "cannot open the private key: wrong passphrase");
  }
}

interface EncryptedPkcs8 {
  salt: Uint8Array<ArrayBuffer>;
  iterations: number;
  iv: Uint8Array<ArrayBuffer>;
  sealed: Uint8Array<ArrayBuffer>;
}

function parseEncryptedPkcs8(der: Uint8Array): EncryptedPkcs8 {
  try {
    const reader = new DerReader(der);
    const info = reader.sequence("encrypted key");
    reader.end("encrypted key");
    const parameters = readAlgorithm(info, PBES2, "PBES2");
    const { salt, iterations } = readPbkdf2(readAlgorithm(parameters, PBKDF2, "PBKDF2"));
    const cipher = parameters.sequence("cipher");
    expectOid(cipher, AES_256_CBC, "AES-256-CBC");
    const iv = new Uint8Array(cipher.octets("initialisation vector"));
    cipher.end("cipher");
    parameters.end("PBES2");
    const sealed = new Uint8Array(info.octets("encrypted key"));
    info.end("encrypted key");
    if (iv.length !== IV_BYTES || sealed.length === 0 || sealed.length % IV_BYTES !== 0) {
      throw new DecodeError("key-malformed", "cannot decode encrypted key: wrong lengths");
    }
    return { salt, iterations, iv, sealed };
  } catch (cause) {
    if (!(cause instanceof DecodeError) || cause.code.startsWith("key-")) throw cause;
    throw new DecodeError("key-malformed", "cannot decode encrypted key", { cause });
  }
}

/** PBKDF2-params (RFC 8018 §A.2). */
function readPbkdf2(parameters: DerReader): { salt: Uint8Array<ArrayBuffer>; iterations: number } {
  const salt = new Uint8Array(parameters.octets("salt"));
  const iterations = parameters.smallInteger("iterations");
  if (iterations < 1 || iterations > MAX_ITERATIONS) {
    throw new DecodeError("key-malformed", `cannot decode encrypted key: ${iterations} iterations`);
  }
  if (parameters.nextTag === DerTag.integer && parameters.smallInteger("key length") !== KEY_BYTES) {
    throw new DecodeError("key-malformed", "cannot decode encrypted key: wrong key length");
  }
  // Where it is left out, the function is HMAC-SHA1.
  if (parameters.atEnd) throw unsupported("HMAC-SHA1", "HMAC-SHA256");
  const prf = parameters.sequence("pseudo-random function");
  expectOid(prf, HMAC_WITH_SHA256, "HMAC-SHA256");
  prf.optional(DerTag.null, "pseudo-random function");
  prf.end("pseudo-random function");
  parameters.end("PBKDF2");
  return { salt, iterations };
}

/** Enters the parameters of an AlgorithmIdentifier that must name `oid`. */
function readAlgorithm(reader: DerReader, oid: string, name: string): DerReader {
  const identifier = reader.sequence(name);
  expectOid(identifier, oid, name);
  const parameters = identifier.sequence(name);
  identifier.end(name);
  return parameters;
}

function expectOid(reader: DerReader, oid: string, name: string): void {
  const found = reader.oid(name);
  if (found !== oid) throw unsupported(found, name);
}

function unsupported(found: string, expected: string): DecodeError {
  return new DecodeError(
    "key-encryption-unsupported",
    `unsupported key encryption: ${found} where ${expected} belongs`,
    { hint: "convert it with 'openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in OLD -out NEW'" },
  );
}

async function deriveKey(
  passphrase: Uint8Array,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
  usage: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const password = await crypto.subtle.importKey("raw", new Uint8Array(passphrase), "PBKDF2", false, [
    "deriveKey",
  ]);
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return await crypto.subtle.deriveKey(parameters, password, { name: "AES-CBC", length: 256 }, false, [
    usage,
  ]);
}
