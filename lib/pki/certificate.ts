import { encodeHex, equalBytes } from "../bytes/mod.ts";
import { DecodeError } from "../errors/mod.ts";
import {
  type CertificateExtensions,
  decodeCertificateExtensions,
  readExtensions,
} from "./certificate_extensions.ts";
import { DerReader } from "./der_reader.ts";
import { constructedContextTag, contextTag, DerTag } from "./der_tag.ts";
import { type SignedStructure, splitSigned } from "./signature.ts";

/** An X.509 v3 certificate as it stands in its DER. Nothing in it is verified. */
export interface Certificate {
  /** The whole certificate. */
  der: Uint8Array;
  /** Content, algorithm and signature. */
  signed: SignedStructure;
  /** The serial number's octets without sign octet, in lower-case hexadecimal. */
  serial: string;
  /** The issuer's Name, DER. */
  issuer: Uint8Array;
  /** The subject's Name, DER. */
  subject: Uint8Array;
  /** Not valid before this instant. */
  notBefore: Date;
  /** Not valid after this instant. */
  notAfter: Date;
  /** The public key as SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  /** The extensions. */
  extensions: CertificateExtensions;
}

/** Certificates larger than this are refused before anything is decoded. */
const MAX_CERTIFICATE_BYTES = 16 * 1024;
const MAX_SERIAL_OCTETS = 20;

/**
 * Parses a certificate (RFC 5280 §4.1) strictly: version 3, DER without slack, serial number positive.
 *
 * @throws {DecodeError} `cert-malformed`
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw new DecodeError(
      "cert-malformed",
      `cannot decode certificate: larger than ${MAX_CERTIFICATE_BYTES} bytes`,
    );
  }
  try {
    const signed = splitSigned(der, "certificate");
    return { der, signed, ...readContent(signed) };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new DecodeError("cert-malformed", cause.message, {
      cause,
      ...(cause.offset !== undefined && { offset: cause.offset }),
      ...(cause.field !== undefined && { field: cause.field }),
    });
  }
}

/** TBSCertificate. */
function readContent(signed: SignedStructure): Omit<Certificate, "der" | "signed"> {
  const content = new DerReader(signed.content).sequence("certificate");
  const version = content.enter(constructedContextTag(0), "version");
  const isThree = version.smallInteger("version") === 2;
  version.end("version");
  if (!isThree) throw new DecodeError("cert-malformed", "cannot decode certificate: not of version 3");
  const serial = readSerial(content);
  const algorithm = content.element(DerTag.sequence, "signature algorithm").der;
  // RFC 5280 §4.1.1.2: the one inside is signed, the one outside is not.
  if (!equalBytes(algorithm, signed.algorithm)) {
    throw new DecodeError("cert-malformed", "cannot decode certificate: two different signature algorithms");
  }
  const issuer = content.element(DerTag.sequence, "issuer").der;
  // RFC 5280 §4.1.2.4; an empty name would match every other empty one.
  if (issuer.length === 2) throw new DecodeError("cert-malformed", "cannot decode issuer: an empty name");
  const validity = content.sequence("validity");
  const notBefore = validity.time("notBefore");
  const notAfter = validity.time("notAfter");
  validity.end("validity");
  const subject = content.element(DerTag.sequence, "subject").der;
  const spki = content.element(DerTag.sequence, "public key").der;
  content.optional(contextTag(1), "issuerUniqueID");
  content.optional(contextTag(2), "subjectUniqueID");
  const extensions = readTaggedExtensions(content);
  content.end("certificate");
  return { serial, issuer, subject, notBefore, notAfter, spki, extensions };
}

/**
 * Reads a serial number (RFC 5280 §4.1.2.2): positive and at most 20 octets.
 *
 * @throws {DecodeError} `cert-malformed` and what else the DER reader throws
 */
export function readSerial(reader: DerReader): string {
  const octets = reader.unsigned("serial number");
  if (octets.length > MAX_SERIAL_OCTETS || (octets.length === 1 && octets[0] === 0)) {
    throw new DecodeError("cert-malformed", "cannot decode serial number: not positive or too long");
  }
  return encodeHex(octets);
}

function readTaggedExtensions(content: DerReader): CertificateExtensions {
  if (content.atEnd) return { notUnderstood: [] };
  const tagged = content.enter(constructedContextTag(3), "extensions");
  const extensions = readExtensions(tagged.sequence("extensions"));
  tagged.end("extensions");
  return decodeCertificateExtensions(extensions);
}
