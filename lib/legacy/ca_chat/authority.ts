import { type KeyObject, sign, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { encodeUtf8, formatPem } from "../../bytes/mod.ts";
import type { RandomSource } from "../../crypto/mod.ts";
import { AuthenticationError } from "../../errors/mod.ts";
import {
  DAY_MS,
  derBits,
  derElement,
  derInteger,
  derOctets,
  derOid,
  derSequence,
  DerTag,
  derTime,
  derUnsigned,
} from "../../pki/mod.ts";
import {
  encodeRsaPublicKey,
  formatRsaPrivateKey,
  formatRsaPublicKey,
  generateRsaKey,
  type KeyFile,
  parseRsaPrivateKey,
  parseRsaPublicKey,
  replaceFile,
} from "../core/mod.ts";

/** The authority's public key; clients in the same folder read it. */
export const CA_PUBLIC_KEY = "ca_public_key.pem";
const CA_PRIVATE_KEY = "ca_private_key.pem";
const LIFETIME_DAYS = 365;
const SERIAL_BYTES = 16;

const COMMON_NAME = "2.5.4.3", SUBJECT_ALT_NAME = "2.5.29.17", SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
const SET = 0x31, VERSION = 0xa0, EXTENSIONS = 0xa3, DNS_NAME = 0x82;
const X509_V3 = 2;

/** The file of a user's certificate; client and server both write it, for they may share the folder. */
export function certificateName(user: string): string {
  return `${user}_certificate.pem`;
}

/** Makes an authority's key pair. */
export async function makeAuthorityKeys(): Promise<readonly KeyFile[]> {
  const key = await generateRsaKey();
  return [
    { name: CA_PRIVATE_KEY, text: formatRsaPrivateKey(key), secret: true },
    { name: CA_PUBLIC_KEY, text: formatRsaPublicKey(key), secret: false },
  ];
}

/** The certificate authority of a server. */
export class Authority {
  readonly #key: KeyObject;
  readonly #now: () => number;
  readonly #random: RandomSource;

  private constructor(key: KeyObject, now: () => number, random: RandomSource) {
    this.#key = key;
    this.#now = now;
    this.#random = random;
  }

  /** Opens the authority of a folder, made where there is none, and writes its public key. */
  static async open(folder: string, now: () => number, random: RandomSource): Promise<Authority> {
    const key = readKey(folder) ?? await makeKey(folder);
    replaceFile(join(folder, CA_PUBLIC_KEY), formatRsaPublicKey(key), 0o644);
    return new Authority(key, now, random);
  }

  /** The public key in PEM. */
  get publicKeyPem(): string {
    return formatRsaPublicKey(this.#key);
  }

  /**
   * Issues a certificate in PEM: version 3, subject and issuer CN=user (so the original has it), subjectAltName
   * with the user as a DNS name, 365 days, PKCS#1 v1.5 with SHA-256.
   */
  issue(user: string, subjectKey: KeyObject): string {
    const algorithm = derSequence(derOid(SHA256_WITH_RSA), derElement(DerTag.null));
    const name = encodeName(user);
    const now = this.#now();
    const serial = this.#random(SERIAL_BYTES);
    serial[0] = (serial[0]! & 0x7f) | 0x40;
    const tbs = derSequence(
      derElement(VERSION, derInteger(X509_V3)),
      derUnsigned(serial),
      algorithm,
      name,
      derSequence(derTime(new Date(now)), derTime(new Date(now + LIFETIME_DAYS * DAY_MS))),
      name,
      encodeRsaPublicKey(subjectKey),
      derElement(EXTENSIONS, derSequence(encodeAltName(user))),
    );
    const signature = new Uint8Array(sign("sha256", tbs, this.#key));
    return formatPem("CERTIFICATE", derSequence(tbs, algorithm, derBits(signature)));
  }
}

/**
 * Verifies a certificate against the authority's public key and returns the key that it vouches for. More than
 * the published program checks: whose it is, and that it is valid now.
 *
 * @throws {AuthenticationError} `certificate-refused`
 */
export function verifyUserCertificate(pem: string, caKeyPem: string, user: string, now: number): KeyObject {
  const refuse = (reason: string) =>
    new AuthenticationError("certificate-refused", `the certificate of ${user} is refused: ${reason}`);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
    if (!certificate.verify(parseRsaPublicKey(caKeyPem))) throw refuse("another authority has signed it");
  } catch (error) {
    throw error instanceof AuthenticationError ? error : refuse("it is malformed");
  }
  if (certificate.subject !== `CN=${user}`) throw refuse("it is somebody else's");
  if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) {
    throw refuse("it is not valid now");
  }
  return parseRsaPublicKey(formatRsaPublicKey(certificate.publicKey));
}

function readKey(folder: string): KeyObject | undefined {
  try {
    return parseRsaPrivateKey(Deno.readTextFileSync(join(folder, CA_PRIVATE_KEY)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function makeKey(folder: string): Promise<KeyObject> {
  const key = await generateRsaKey();
  replaceFile(join(folder, CA_PRIVATE_KEY), formatRsaPrivateKey(key), 0o600);
  return key;
}

function encodeName(user: string): Uint8Array {
  const attribute = derSequence(derOid(COMMON_NAME), derElement(DerTag.utf8String, encodeUtf8(user)));
  return derSequence(derElement(SET, attribute));
}

function encodeAltName(user: string): Uint8Array {
  const names = derSequence(derElement(DNS_NAME, encodeUtf8(user)));
  return derSequence(derOid(SUBJECT_ALT_NAME), derOctets(names));
}
