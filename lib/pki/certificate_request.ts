import { AuthenticationError, DecodeError } from "../errors/mod.ts";
import {
  type CertificateExtensions,
  decodeCertificateExtensions,
  type Extension,
  readExtensions,
} from "./certificate_extensions.ts";
import { createName } from "./common_name.ts";
import { DerReader } from "./der_reader.ts";
import { constructedContextTag, DerTag } from "./der_tag.ts";
import { checkSigningKey, type KeyPair } from "./key_pair.ts";
import { loadX509 } from "./load_x509.ts";
import { parsePublicKeyInfo, type PublicKeyInfo } from "./public_key_info.ts";
import type { RequestSubject } from "./request_subject.ts";
import { type SignedStructure, splitSigned, verifyStructure } from "./signature.ts";

/** What a certificate request asks for. At enrolment only the key is taken: names come from the authority's records. */
export interface CertificateRequest {
  /** The subject's Name, DER. */
  subject: Uint8Array;
  /** The public key as SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  /** The same, parsed. */
  key: PublicKeyInfo;
  /** The extensions that are asked for, decoded. */
  extensions: CertificateExtensions;
  /** Object identifiers of all extensions that are asked for. */
  requested: string[];
}

/** Requests larger than this are refused before anything is decoded. */
const MAX_REQUEST_BYTES = 8 * 1024;

/**
 * Creates a PKCS#10 request (RFC 2986) that is signed with the key it asks to certify.
 *
 * @param subject a common name, or a whole subject with the names to stand in subjectAltName
 * @returns DER
 * @throws {AuthenticationError} `key-weak`
 */
export async function createCertificateRequest(
  keys: KeyPair,
  subject: string | RequestSubject,
): Promise<Uint8Array<ArrayBuffer>> {
  checkSigningKey(keys);
  const x509 = await loadX509();
  const { attributes, names } = typeof subject === "string"
    ? { attributes: [["CN", subject] as [string, string]], names: [] }
    : subject;
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: createName(x509, attributes),
    ...(names.length > 0 && { extensions: [new x509.SubjectAlternativeNameExtension(names)] }),
    keys: { privateKey: keys.privateKey, publicKey: keys.publicKey },
    signingAlgorithm: {
      name: keys.privateKey.algorithm.name,
      hash: keys.type === "ecdsa-p384" ? "SHA-384" : "SHA-256",
    },
  });
  return new Uint8Array(request.rawData);
}

/** PKCS#9's extensionRequest (RFC 2985 §5.4.2). */
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

/**
 * Parses a PKCS#10 request and verifies its own signature.
 *
 * @throws {DecodeError} `csr-malformed`, `key-unsupported`
 * @throws {AuthenticationError} `csr-signature`, `key-weak`, `cert-algorithm`
 */
export async function verifyCertificateRequest(der: Uint8Array): Promise<CertificateRequest> {
  const { signed, request } = parseCertificateRequest(der);
  checkSigningKey(request.key);
  if (!await verifyStructure(signed, request.spki)) {
    throw new AuthenticationError("csr-signature", "the certificate request is not signed by its own key");
  }
  return request;
}

/**
 * Parses a PKCS#10 request without verifying it. CertificationRequestInfo (RFC 2986 §4.1): version, subject, key,
 * attributes.
 *
 * @throws {DecodeError} `csr-malformed`, `key-unsupported`
 */
export function parseCertificateRequest(
  der: Uint8Array,
): { signed: SignedStructure; request: CertificateRequest } {
  try {
    if (der.length > MAX_REQUEST_BYTES) {
      throw new DecodeError(
        "csr-malformed",
        `cannot decode certificate request: larger than ${MAX_REQUEST_BYTES} bytes`,
      );
    }
    const signed = splitSigned(der, "certificate request");
    const content = new DerReader(signed.content).sequence("certificate request");
    if (content.smallInteger("version") !== 0) {
      throw new DecodeError("csr-malformed", "cannot decode certificate request: not of version 1");
    }
    const subject = content.element(DerTag.sequence, "subject").der;
    const spki = content.element(DerTag.sequence, "public key").der;
    const wanted = readRequestedExtensions(content.enter(constructedContextTag(0), "attributes"));
    content.end("certificate request");
    const extensions = decodeCertificateExtensions(wanted);
    const requested = wanted.map(({ oid }) => oid);
    return { signed, request: { subject, spki, key: parsePublicKeyInfo(spki), extensions, requested } };
  } catch (cause) {
    if (
      !(cause instanceof DecodeError) || cause.code === "key-unsupported" || cause.code === "csr-malformed"
    ) {
      throw cause;
    }
    throw new DecodeError("csr-malformed", cause.message, { cause });
  }
}

/** Attributes (RFC 2986 §4.1), each a SET of values. All but the request for extensions are for other authorities. */
function readRequestedExtensions(attributes: DerReader): Extension[] {
  let wanted: Extension[] | undefined;
  while (!attributes.atEnd) {
    const attribute = attributes.sequence("attribute");
    const oid = attribute.oid("attribute");
    const values = attribute.enter(DerTag.set, "attribute");
    attribute.end("attribute");
    if (oid !== EXTENSION_REQUEST) continue;
    if (wanted !== undefined) {
      throw new DecodeError("csr-malformed", "cannot decode certificate request: extensions asked for twice");
    }
    wanted = readExtensions(values.sequence("extensions"));
    values.end("extensions");
  }
  return wanted ?? [];
}
