import { decodeUtf8, parsePem } from "../bytes/mod.ts";
import { DecodeError } from "../errors/mod.ts";
import { DerReader } from "./der_reader.ts";
import { constructedContextTag, DerTag } from "./der_tag.ts";

/** What a document of a public key infrastructure is. */
export type PkiDocumentKind =
  | "certificate"
  | "request"
  | "crl"
  | "private-key"
  | "encrypted-private-key"
  | "public-key"
  | "rsa-private-key"
  | "ec-private-key";

/** A certificate, a request, a CRL or a key that was found in a file. Nothing in it is decoded or verified. */
export interface PkiDocument {
  /** What it is, by its PEM label or its shape. */
  kind: PkiDocumentKind;
  /** The document, DER. */
  der: Uint8Array<ArrayBuffer>;
}

const KINDS: Record<string, PkiDocumentKind> = {
  "CERTIFICATE": "certificate",
  "CERTIFICATE REQUEST": "request",
  "NEW CERTIFICATE REQUEST": "request",
  "X509 CRL": "crl",
  "PRIVATE KEY": "private-key",
  "ENCRYPTED PRIVATE KEY": "encrypted-private-key",
  "PUBLIC KEY": "public-key",
  "RSA PRIVATE KEY": "rsa-private-key",
  "EC PRIVATE KEY": "ec-private-key",
};

/**
 * Finds the documents in a file: every PEM block, or the one that the file is in DER.
 *
 * @throws {DecodeError} `pem-malformed`, `document-unknown`
 */
export function parsePkiDocuments(bytes: Uint8Array): PkiDocument[] {
  if (bytes[0] === DerTag.sequence && !looksLikeText(bytes)) {
    return [{ kind: identifyDer(bytes), der: new Uint8Array(bytes) }];
  }
  return parsePem(decodeText(bytes)).map(({ label, bytes }) => {
    const kind = Object.hasOwn(KINDS, label) ? KINDS[label] : undefined;
    if (kind !== undefined) return { kind, der: bytes };
    throw unknown(`a PEM block of ${label}`);
  });
}

/** Tells by its shape what a document in DER is. */
function identifyDer(der: Uint8Array): PkiDocumentKind {
  try {
    const reader = new DerReader(der);
    const document = reader.sequence("document");
    reader.end("document");
    const shape = readTags(document);
    const [first, second, third] = shape;
    if (first?.tag === DerTag.integer) return identifyKey(second?.tag, third?.tag);
    if (first?.tag === DerTag.sequence && second?.tag === DerTag.bitString) return "public-key";
    if (first?.tag === DerTag.sequence && second?.tag === DerTag.octetString) return "encrypted-private-key";
    if (first?.tag === DerTag.sequence && third?.tag === DerTag.bitString) {
      return identifySigned(readTags(new DerReader(first.content)).map(({ tag }) => tag));
    }
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    if (cause.code === "document-unknown") throw cause;
    throw unknown("no DER", cause);
  }
  throw unknown("another structure");
}

/** PrivateKeyInfo, ECPrivateKey or RSAPrivateKey. */
function identifyKey(second: number | undefined, third: number | undefined): PkiDocumentKind {
  if (second === DerTag.sequence && third === DerTag.octetString) return "private-key";
  if (second === DerTag.octetString) return "ec-private-key";
  if (second === DerTag.integer && third === DerTag.integer) return "rsa-private-key";
  throw unknown(second === DerTag.sequence ? "PKCS#12, which 'openssl pkcs12' opens" : "another structure");
}

/** By the content of the signed part: a certificate of version 3 begins with a tag, a CRL has a time. */
function identifySigned(tags: number[]): PkiDocumentKind {
  if (tags[0] === constructedContextTag(0)) return "certificate";
  if (tags[3] === constructedContextTag(0)) return "request";
  if (tags[3] === DerTag.utcTime || tags[3] === DerTag.generalizedTime) return "crl";
  throw unknown("something signed that is no certificate of version 3, no request and no CRL");
}

const MAX_TAGS = 16;

function readTags(reader: DerReader): { tag: number; content: Uint8Array }[] {
  const elements: { tag: number; content: Uint8Array }[] = [];
  while (!reader.atEnd && elements.length < MAX_TAGS) elements.push(reader.any("document"));
  return elements;
}

/** A text may begin with `0`, which is the octet of a SEQUENCE too; DER this short of control characters is none. */
function looksLikeText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 64).every((octet) =>
    octet >= 0x20 && octet < 0x7f || octet === 0x0a || octet === 0x0d
  );
}

function decodeText(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw unknown("neither PEM nor DER", cause);
  }
}

function unknown(what: string, cause?: unknown): DecodeError {
  return new DecodeError("document-unknown", `not a certificate, request, CRL or key: ${what}`, { cause });
}
