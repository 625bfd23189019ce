import { concatBytes, decodeUtf8 } from "../bytes/mod.ts";
import { digest, type RandomSource, signHmac } from "../crypto/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { constructedContextTag, DerTag } from "./der_tag.ts";
import { derElement, derInteger, derOctets, derOid, derSequence } from "./der_writer.ts";
import { sealPkcs8 } from "./encrypted_pkcs8.ts";

/** What a PKCS#12 file holds. */
export interface Pkcs12Content {
  /** Certificates, DER: that of the key first, then those above it. */
  chain: Uint8Array[];
  /** The private key of the first certificate, PKCS#8 DER. */
  pkcs8: Uint8Array<ArrayBuffer>;
  /** The name under which programs list the key. */
  friendlyName: string;
}

/** How a PKCS#12 file is protected. */
export interface Pkcs12Protection {
  /** The passphrase's bytes: UTF-8. */
  passphrase: Uint8Array;
  /** Where salts come from. */
  random: RandomSource;
  /** Iterations of both key derivations. Default 300,000. */
  iterations?: number;
}

const DATA = "1.2.840.113549.1.7.1";
const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
const X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";
const FRIENDLY_NAME = "1.2.840.113549.1.9.20";
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";
const SHA_256 = "2.16.840.1.101.3.4.2.1";
const BMP_STRING = 0x1e;

/** Whoever has the file tries passphrases against the weaker of its two derivations, so both are slow. */
const DEFAULT_ITERATIONS = 300_000;
const SALT_BYTES = 16;

/**
 * Encodes a PKCS#12 file (RFC 7292) with a key, encrypted by PBES2 (PBKDF2-HMAC-SHA256, AES-256-CBC), and
 * certificates in the clear, all under an HMAC-SHA256. openssl 1.1 and later read it.
 *
 * @returns DER
 * @throws {UsageError} `passphrase-empty`, `passphrase-malformed` where it is not UTF-8
 */
export async function encodePkcs12(
  { chain, pkcs8, friendlyName }: Pkcs12Content,
  { passphrase, random, iterations = DEFAULT_ITERATIONS }: Pkcs12Protection,
): Promise<Uint8Array<ArrayBuffer>> {
  const password = toBmpString(readPassphrase(passphrase), true);
  const localKeyId = digest("SHA-256", chain[0] ?? new Uint8Array()).subarray(0, 20);
  const attributes = derElement(
    DerTag.set,
    encodeAttribute(FRIENDLY_NAME, derElement(BMP_STRING, toBmpString(friendlyName, false))),
    encodeAttribute(LOCAL_KEY_ID, derOctets(localKeyId)),
  );
  const certificates = chain.map((der, at) => encodeCertificateBag(der, at === 0 ? attributes : undefined));
  const shrouded = await sealPkcs8(pkcs8, { passphrase, random, iterations });
  const key = encodeBag(SHROUDED_KEY_BAG, shrouded, attributes);
  const safe = derSequence(encodeData(derSequence(...certificates)), encodeData(derSequence(key)));
  const salt = random(SALT_BYTES);
  const mac = signHmac("SHA-256", deriveMacKey(password, salt, iterations), safe);
  const algorithm = derSequence(derOid(SHA_256), derElement(DerTag.null));
  const macData = derSequence(
    derSequence(algorithm, derOctets(mac)),
    derOctets(salt),
    derInteger(iterations),
  );
  return derSequence(derInteger(3), encodeData(safe), macData);
}

/** A ContentInfo of type data. */
function encodeData(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return derSequence(derOid(DATA), derElement(constructedContextTag(0), derOctets(content)));
}

function encodeCertificateBag(der: Uint8Array, attributes: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  const value = derElement(constructedContextTag(0), derOctets(der));
  return encodeBag(CERTIFICATE_BAG, derSequence(derOid(X509_CERTIFICATE), value), attributes);
}

function encodeBag(
  type: string,
  value: Uint8Array,
  attributes: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  return derSequence(derOid(type), derElement(constructedContextTag(0), value), attributes);
}

function encodeAttribute(type: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
  return derSequence(derOid(type), derElement(DerTag.set, value));
}

/**
 * The key derivation of RFC 7292 §B.2 with SHA-256 for purpose 3 (integrity). The key is as long as one hash, so
 * the steps that make more of it are not needed.
 */
function deriveMacKey(password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array<ArrayBuffer> {
  const block = 64;
  const purpose = new Uint8Array(block).fill(3);
  let key = digest("SHA-256", concatBytes(purpose, repeatTo(salt, block), repeatTo(password, block)));
  for (let round = 1; round < iterations; round++) key = digest("SHA-256", key);
  return key;
}

/** Repeats bytes to the next multiple of a block. */
function repeatTo(bytes: Uint8Array, block: number): Uint8Array {
  const length = Math.ceil(bytes.length / block) * block;
  return Uint8Array.from({ length }, (_, at) => bytes[at % bytes.length]!);
}

/** UTF-16, big-endian; passwords end with a zero (§B.1). */
function toBmpString(text: string, isTerminated: boolean): Uint8Array<ArrayBuffer> {
  const units = isTerminated ? text + "\0" : text;
  const bytes = new Uint8Array(units.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < units.length; at++) view.setUint16(at * 2, units.charCodeAt(at));
  return bytes;
}

function readPassphrase(passphrase: Uint8Array): string {
  try {
    return decodeUtf8(passphrase);
  } catch (cause) {
    throw new UsageError("passphrase-malformed", "the passphrase of a PKCS#12 file has to be UTF-8", {
      cause,
    });
  }
}
