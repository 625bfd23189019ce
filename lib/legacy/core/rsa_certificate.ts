import { type KeyObject, sign, X509Certificate } from "node:crypto";
import { encodeUtf8, formatPem } from "../../bytes/mod.ts";
import { AuthenticationError } from "../../errors/mod.ts";
import {
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
import { encodeRsaPublicKey, formatRsaPublicKey, parseRsaPublicKey } from "./rsa_key.ts";

const COMMON_NAME = "2.5.4.3", SUBJECT_ALT_NAME = "2.5.29.17", SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
const SET = 0x31, VERSION = 0xa0, EXTENSIONS = 0xa3, DNS_NAME = 0x82;
const X509_V3 = 2;

/** What {@link issueRsaCertificate} puts into a certificate. */
export interface RsaCertificateOptions {
  /** Subject and issuer, CN=name, and the one DNS name in subjectAltName. */
  readonly name: string;
  /** The key that it vouches for. */
  readonly subjectKey: KeyObject;
  /** The authority's private key. */
  readonly issuerKey: KeyObject;
  /** 16 random bytes for the serial number. */
  readonly serial: Uint8Array;
  /** From when it is valid, in milliseconds since 1970. */
  readonly now: number;
  /** How long. */
  readonly lifetimeMs: number;
}

/**
 * Issues a certificate (RFC 5280 §4.1) in PEM, of version 3, signed with RSA PKCS#1 v1.5 and SHA-256. It names
 * nobody but its subject: whose signature it carries is known to those who have the authority's key.
 */
export function issueRsaCertificate(options: RsaCertificateOptions): string {
  const { name, subjectKey, issuerKey, now, lifetimeMs } = options;
  const algorithm = derSequence(derOid(SHA256_WITH_RSA), derElement(DerTag.null));
  const subject = encodeName(name);
  const serial = options.serial.slice();
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const tbs = derSequence(
    derElement(VERSION, derInteger(X509_V3)),
    derUnsigned(serial),
    algorithm,
    subject,
    derSequence(derTime(new Date(now)), derTime(new Date(now + lifetimeMs))),
    subject,
    encodeRsaPublicKey(subjectKey),
    derElement(EXTENSIONS, derSequence(encodeAltName(name))),
  );
  const signature = new Uint8Array(sign("sha256", tbs, issuerKey));
  return formatPem("CERTIFICATE", derSequence(tbs, algorithm, derBits(signature)));
}

/**
 * Verifies a certificate in PEM against the authority's public key, whose it is and that it is valid now; returns the
 * key that it vouches for.
 *
 * @throws {AuthenticationError} `certificate-refused`
 */
export function verifyRsaCertificate(
  pem: string,
  issuerKeyPem: string,
  name: string,
  now: number,
): KeyObject {
  const refuse = (reason: string) =>
    new AuthenticationError("certificate-refused", `the certificate of ${name} is refused: ${reason}`);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
    if (!certificate.verify(parseRsaPublicKey(issuerKeyPem))) throw refuse("another authority has signed it");
  } catch (error) {
    throw error instanceof AuthenticationError ? error : refuse("it is malformed");
  }
  if (certificate.subject !== `CN=${name}`) throw refuse("it is somebody else's");
  if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) {
    throw refuse("it is not valid now");
  }
  return parseRsaPublicKey(formatRsaPublicKey(certificate.publicKey));
}

function encodeName(name: string): Uint8Array {
  const attribute = derSequence(derOid(COMMON_NAME), derElement(DerTag.utf8String, encodeUtf8(name)));
  return derSequence(derElement(SET, attribute));
}

function encodeAltName(name: string): Uint8Array {
  const names = derSequence(derElement(DNS_NAME, encodeUtf8(name)));
  return derSequence(derOid(SUBJECT_ALT_NAME), derOctets(names));
}
