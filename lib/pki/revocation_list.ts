import { encodeHex, equalBytes } from "../bytes/mod.ts";
import { AuthenticationError, DecodeError } from "../errors/mod.ts";
import { type Certificate, readSerial } from "./certificate.ts";
import { type Extension, readExtensions } from "./certificate_extensions.ts";
import { DerReader } from "./der_reader.ts";
import { constructedContextTag, contextTag, DerTag } from "./der_tag.ts";
import {
  derElement,
  derInteger,
  derOctets,
  derOid,
  derSequence,
  derTime,
  derUnsigned,
} from "./der_writer.ts";
import { reasonFromCode, reasonToCode, type RevocationReason } from "./revocation_reason.ts";
import {
  signatureAlgorithmOf,
  type SignedStructure,
  signStructure,
  splitSigned,
  verifyStructure,
} from "./signature.ts";

/** The PEM label of a CRL; openssl reads no other. */
export const CRL_PEM_LABEL = "X509 CRL";

/** One revoked certificate. */
export interface RevokedCertificate {
  /** The serial number in lower-case hexadecimal. */
  serial: string;
  /** When it was revoked. */
  revokedAt: Date;
  /** Why. */
  reason: RevocationReason;
}

/** What a new CRL says. */
export interface RevocationListContent {
  /** The CRL's number: larger than that of every earlier CRL of the issuer. */
  number: number;
  /** When it is issued. */
  thisUpdate: Date;
  /** When the next one will be there at the latest. */
  nextUpdate: Date;
  /** Everything that is revoked. */
  revoked: RevokedCertificate[];
}

/** A parsed CRL. Nothing in it is verified before {@link verifyRevocationList}. */
export interface RevocationList {
  /** The whole CRL. */
  der: Uint8Array;
  /** Content, algorithm and signature. */
  signed: SignedStructure;
  /** The issuer's Name, DER. */
  issuer: Uint8Array;
  /** The CRL's number. */
  number: number;
  /** When it was issued. */
  thisUpdate: Date;
  /** When the next one will be there at the latest. */
  nextUpdate: Date;
  /** What is revoked, by serial number in lower-case hexadecimal. */
  revoked: ReadonlyMap<string, RevokedCertificate>;
}

const CRL_NUMBER = "2.5.29.20", REASON_CODE = "2.5.29.21", AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
/** The limit of the relay protocol, and 20,000 revoked certificates. */
const MAX_CRL_BYTES = 1024 * 1024;

/**
 * Creates a CRL (RFC 5280 §5) of version 2 with CRL number, authority key identifier and, where it is not
 * `unspecified`, each entry's reason.
 *
 * @param issuer the CA's certificate
 * @param key the CA's private key
 * @returns DER
 */
export function createRevocationList(
  content: RevocationListContent,
  issuer: Certificate,
  key: CryptoKey,
): Promise<Uint8Array<ArrayBuffer>> {
  const entries = content.revoked.map(encodeEntry);
  const extensions = [encodeExtension(CRL_NUMBER, derInteger(content.number))];
  const keyIdentifier = issuer.extensions.subjectKeyIdentifier;
  if (keyIdentifier !== undefined) {
    const value = derSequence(derElement(contextTag(0), keyIdentifier));
    extensions.unshift(encodeExtension(AUTHORITY_KEY_IDENTIFIER, value));
  }
  const list = derSequence(
    derInteger(1),
    signatureAlgorithmOf(key),
    issuer.subject,
    derTime(content.thisUpdate),
    derTime(content.nextUpdate),
    // RFC 5280 §5.1.2.6: absent where nothing is revoked.
    entries.length > 0 ? derSequence(...entries) : new Uint8Array(0),
    derElement(constructedContextTag(0), derSequence(...extensions)),
  );
  return signStructure(list, key);
}

/**
 * Parses a CRL. Partial ones (delta, indirect, of a distribution point) are refused, as their critical
 * extensions are not understood.
 *
 * @throws {DecodeError} `crl-malformed`
 */
export function parseRevocationList(der: Uint8Array): RevocationList {
  if (der.length > MAX_CRL_BYTES) throw malformed(`larger than ${MAX_CRL_BYTES} bytes`);
  try {
    const signed = splitSigned(der, "CRL");
    return { der, signed, ...readContent(signed) };
  } catch (cause) {
    if (!(cause instanceof DecodeError) || cause.code === "crl-malformed") throw cause;
    throw new DecodeError("crl-malformed", cause.message, { cause });
  }
}

/**
 * Verifies that a CRL was issued by the holder of this CA certificate.
 *
 * @throws {AuthenticationError} `crl-untrusted` where another CA issued it, `crl-signature` where the
 * signature is wrong, `cert-algorithm` where its algorithm is not allowed
 */
export async function verifyRevocationList(list: RevocationList, issuer: Certificate): Promise<void> {
  if (!isIssuerOf(issuer, list)) {
    throw new AuthenticationError("crl-untrusted", "the CRL was issued by another authority");
  }
  if (!await verifyStructure(list.signed, issuer.spki)) {
    throw new AuthenticationError("crl-signature", "the CRL's signature is wrong");
  }
}

/** Whether this certificate is that of a CA that may sign CRLs under the CRL's issuer name. */
export function isIssuerOf(issuer: Certificate, list: RevocationList): boolean {
  const { basicConstraints, keyUsage } = issuer.extensions;
  return equalBytes(list.issuer, issuer.subject) && basicConstraints?.isCa === true &&
    keyUsage?.includes("cRLSign") === true;
}

/** Whether the CRL revokes the certificate with this serial number (lower-case hexadecimal). */
export function isRevoked(list: RevocationList, serial: string): boolean {
  return list.revoked.has(serial);
}

function encodeEntry({ serial, revokedAt, reason }: RevokedCertificate): Uint8Array<ArrayBuffer> {
  const code = reasonToCode(reason);
  const fields = [derUnsigned(Uint8Array.fromHex(serial)), derTime(revokedAt)];
  if (code !== 0) {
    const value = derElement(DerTag.enumerated, Uint8Array.of(code));
    fields.push(derSequence(encodeExtension(REASON_CODE, value)));
  }
  return derSequence(...fields);
}

function encodeExtension(oid: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
  return derSequence(derOid(oid), derOctets(value));
}

/** TBSCertList (RFC 5280 §5.1.2). */
function readContent(signed: SignedStructure): Omit<RevocationList, "der" | "signed"> {
  const content = new DerReader(signed.content).sequence("CRL");
  if (content.smallInteger("CRL version") !== 1) throw malformed("not of version 2");
  if (!equalBytes(content.element(DerTag.sequence, "CRL algorithm").der, signed.algorithm)) {
    throw malformed("two different signature algorithms");
  }
  const issuer = content.element(DerTag.sequence, "CRL issuer").der;
  const thisUpdate = content.time("thisUpdate");
  const nextUpdate = content.time("nextUpdate");
  const revoked = content.nextTag === DerTag.sequence
    ? readEntries(content.sequence("revokedCertificates"))
    : new Map<string, RevokedCertificate>();
  const tagged = content.enter(constructedContextTag(0), "CRL extensions");
  const number = readNumber(readExtensions(tagged.sequence("CRL extensions")));
  tagged.end("CRL extensions");
  content.end("CRL");
  return { issuer, number, thisUpdate, nextUpdate, revoked };
}

function readEntries(list: DerReader): Map<string, RevokedCertificate> {
  const revoked = new Map<string, RevokedCertificate>();
  while (!list.atEnd) {
    const entry = list.sequence("CRL entry");
    const serial = readSerial(entry);
    const revokedAt = entry.time("revocationDate");
    const reason = entry.atEnd
      ? "unspecified"
      : readReason(readExtensions(entry.sequence("CRL entry extensions")));
    entry.end("CRL entry");
    revoked.set(serial, { serial, revokedAt, reason });
  }
  return revoked;
}

function readReason(extensions: Extension[]): RevocationReason {
  refuseCritical(extensions, [REASON_CODE]);
  const value = extensions.find(({ oid }) => oid === REASON_CODE)?.value;
  if (value === undefined) return "unspecified";
  const reader = new DerReader(value);
  const { content } = reader.element(DerTag.enumerated, "CRL reason");
  reader.end("CRL reason");
  if (content.length !== 1) throw malformed(`reason 0x${encodeHex(content)}`);
  return reasonFromCode(content[0]!);
}

function readNumber(extensions: Extension[]): number {
  refuseCritical(extensions, [CRL_NUMBER, AUTHORITY_KEY_IDENTIFIER]);
  for (const { oid, value } of extensions) {
    if (oid !== CRL_NUMBER) continue;
    const reader = new DerReader(value);
    const number = reader.smallInteger("CRL number");
    reader.end("CRL number");
    return number;
  }
  throw malformed("it has no number");
}

function refuseCritical(extensions: Extension[], understood: string[]): void {
  const unknown = extensions.find(({ oid, critical }) => critical && !understood.includes(oid));
  if (unknown !== undefined) throw malformed(`critical extension ${unknown.oid} is not understood`);
}

function malformed(reason: string): DecodeError {
  return new DecodeError("crl-malformed", `cannot decode CRL: ${reason}`);
}
