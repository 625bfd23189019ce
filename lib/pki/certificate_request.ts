import { AuthenticationError, DecodeError } from "../errors/mod.ts";
import { createCommonName } from "./common_name.ts";
import { DerReader } from "./der_reader.ts";
import { constructedContextTag, DerTag } from "./der_tag.ts";
import { checkSigningKey, type KeyPair } from "./key_pair.ts";
import { loadX509 } from "./load_x509.ts";
import { parsePublicKeyInfo, type PublicKeyInfo } from "./public_key_info.ts";
import { splitSigned, verifyStructure } from "./signature.ts";

/** What is taken from a certificate request: the public key. Names come from the authority's records. */
export interface CertificateRequest {
  /** The public key as SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  /** The same, parsed. */
  key: PublicKeyInfo;
}

/** Requests larger than this are refused before anything is decoded. */
const MAX_REQUEST_BYTES = 8 * 1024;

/**
 * Creates a PKCS#10 request (RFC 2986) that is signed with the key it asks to certify. Its subject is for
 * people to read: the authority does not look at it.
 *
 * @returns DER
 * @throws {AuthenticationError} `key-weak`
 */
export async function createCertificateRequest(
  keys: KeyPair,
  commonName: string,
): Promise<Uint8Array<ArrayBuffer>> {
  checkSigningKey(keys);
  const x509 = await loadX509();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: createCommonName(x509, commonName),
    keys: { privateKey: keys.privateKey, publicKey: keys.publicKey },
    signingAlgorithm: {
      name: keys.privateKey.algorithm.name,
      hash: keys.type === "ecdsa-p384" ? "SHA-384" : "SHA-256",
    },
  });
  return new Uint8Array(request.rawData);
}

/**
 * Parses a PKCS#10 request and verifies its own signature.
 *
 * @throws {DecodeError} `csr-malformed`, `key-unsupported`
 * @throws {AuthenticationError} `csr-signature`, `key-weak`, `cert-algorithm`
 */
export async function verifyCertificateRequest(der: Uint8Array): Promise<CertificateRequest> {
  const { signed, request } = parseRequest(der);
  checkSigningKey(request.key);
  if (!await verifyStructure(signed, request.spki)) {
    throw new AuthenticationError("csr-signature", "the certificate request is not signed by its own key");
  }
  return request;
}

/** CertificationRequestInfo (RFC 2986 §4.1): version, subject, key, attributes. */
function parseRequest(
  der: Uint8Array,
): { signed: ReturnType<typeof splitSigned>; request: CertificateRequest } {
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
    content.element(DerTag.sequence, "subject");
    const spki = content.element(DerTag.sequence, "public key").der;
    content.element(constructedContextTag(0), "attributes");
    content.end("certificate request");
    return { signed, request: { spki, key: parsePublicKeyInfo(spki) } };
  } catch (cause) {
    if (
      !(cause instanceof DecodeError) || cause.code === "key-unsupported" || cause.code === "csr-malformed"
    ) {
      throw cause;
    }
    throw new DecodeError("csr-malformed", cause.message, { cause });
  }
}
