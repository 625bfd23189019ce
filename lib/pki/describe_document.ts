import { formatPem } from "../bytes/mod.ts";
import { AuthenticationError } from "../errors/mod.ts";
import { type AsymmetricKey, importAsymmetricPublicKey } from "./asymmetric_key.ts";
import { parseCertificateRequest, verifyCertificateRequest } from "./certificate_request.ts";
import { formatDistinguishedName } from "./distinguished_name.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { fingerprintWordsOf } from "./fingerprint_words.ts";
import {
  type CertificateFacts,
  describeKeyAlgorithm,
  describeSignatureAlgorithm,
  inspectCertificate,
  listAltNames,
} from "./inspect_certificate.ts";
import { parseKeyText } from "./key_text.ts";
import type { PkiDocument } from "./pki_document.ts";
import { parseRevocationList, type RevokedCertificate } from "./revocation_list.ts";

/** What a certificate request says. */
export interface RequestFacts {
  /** The subject's name. */
  subject: string;
  /** The names in subjectAltName, each behind its kind. */
  names: string[];
  /** Object identifiers of the extensions that are asked for. */
  requested: string[];
  /** The public key's kind and size. */
  key: string;
  /** The signature's algorithm. */
  signature: string;
  /** Whether the request is signed by its own key, with an algorithm and a key that are allowed. */
  isSigned: boolean;
  /** The fingerprint of the public key. */
  fingerprint: string;
}

/** What a CRL says. */
export interface RevocationListFacts {
  /** The issuer's name. */
  issuer: string;
  /** The CRL's number. */
  number: number;
  /** When it was issued. */
  thisUpdate: Date;
  /** When the next one will be there at the latest. */
  nextUpdate: Date;
  /** The signature's algorithm. */
  signature: string;
  /** What is revoked. */
  revoked: RevokedCertificate[];
}

/** What everyone may know of a key. */
export interface KeyFacts {
  /** Which half the document holds. */
  half: "private" | "public";
  /** The key's kind and size. */
  key: string;
  /** The fingerprint of the public key. */
  fingerprint: string;
  /** The same as words. */
  words: string;
}

/** What a document says, for people. Nothing of it is verified, and texts may hold any character. */
export type DocumentFacts =
  | { type: "certificate" } & CertificateFacts
  | { type: "request" } & RequestFacts
  | { type: "crl" } & RevocationListFacts
  | { type: "key" } & KeyFacts
  | { type: "encrypted-key" };

/**
 * Tells what a document says. Of a private key it tells what the public half says; of an encrypted one nothing.
 *
 * @throws {DecodeError} `cert-malformed`, `csr-malformed`, `crl-malformed`, `key-malformed`, `key-unsupported`
 */
export async function describePkiDocument({ kind, der }: PkiDocument): Promise<DocumentFacts> {
  switch (kind) {
    case "certificate":
      return { type: "certificate", ...inspectCertificate(der) };
    case "request":
      return { type: "request", ...await describeRequest(der) };
    case "crl":
      return { type: "crl", ...describeRevocationList(der) };
    case "encrypted-private-key":
      return { type: "encrypted-key" };
    case "public-key":
      return { type: "key", ...describeKey(await importAsymmetricPublicKey(der)) };
    default: {
      const label = kind === "private-key"
        ? "PRIVATE KEY"
        : `${kind.slice(0, kind.indexOf("-"))} PRIVATE KEY`;
      const pem = formatPem(label.toUpperCase(), der);
      const { key } = await parseKeyText(pem, () => Promise.resolve(new Uint8Array()));
      return { type: "key", ...describeKey(key) };
    }
  }
}

async function describeRequest(der: Uint8Array): Promise<RequestFacts> {
  const { signed, request } = parseCertificateRequest(der);
  return {
    subject: formatDistinguishedName(request.subject),
    names: listAltNames(request.extensions),
    requested: request.requested,
    key: describeKeyAlgorithm(request.spki),
    signature: describeSignatureAlgorithm(signed.algorithm),
    isSigned: await isSignedByItself(der),
    fingerprint: fingerprintOf(request.spki),
  };
}

async function isSignedByItself(der: Uint8Array): Promise<boolean> {
  try {
    await verifyCertificateRequest(der);
    return true;
  } catch (error) {
    if (error instanceof AuthenticationError) return false;
    throw error;
  }
}

function describeRevocationList(der: Uint8Array): RevocationListFacts {
  const { issuer, number, thisUpdate, nextUpdate, signed, revoked } = parseRevocationList(der);
  return {
    issuer: formatDistinguishedName(issuer),
    number,
    thisUpdate,
    nextUpdate,
    signature: describeSignatureAlgorithm(signed.algorithm),
    revoked: [...revoked.values()],
  };
}

function describeKey({ algorithm, spki, pkcs8 }: AsymmetricKey): KeyFacts {
  pkcs8?.fill(0);
  return {
    half: pkcs8 === undefined ? "public" : "private",
    key: algorithm,
    fingerprint: fingerprintOf(spki),
    words: fingerprintWordsOf(spki),
  };
}
