import { DecodeError, ParleyError } from "../errors/mod.ts";
import { nameKeyAlgorithm } from "./asymmetric_key.ts";
import { parseCertificate } from "./certificate.ts";
import { type CertificateExtensions, ExtendedKeyUsage, type KeyUsageName } from "./certificate_extensions.ts";
import { DerReader } from "./der_reader.ts";
import { formatDistinguishedName } from "./distinguished_name.ts";
import { fingerprintOf, hashCertificate } from "./fingerprint.ts";
import { parseSignatureAlgorithm } from "./signature.ts";

/** What a certificate says, for people. Nothing of it is verified, and texts may hold any character. */
export interface CertificateFacts {
  /** The subject's name. */
  subject: string;
  /** The issuer's name. */
  issuer: string;
  /** The serial number in lower-case hexadecimal. */
  serial: string;
  /** Not valid before this instant. */
  notBefore: Date;
  /** Not valid after this instant. */
  notAfter: Date;
  /** The names in subjectAltName, each behind its kind: `uri:…`, `dns:…`, `ip:…`. */
  names: string[];
  /** Whether it is that of an authority. */
  isCa: boolean;
  /** What the key may be used for. */
  keyUsage: KeyUsageName[];
  /** What the certificate is for: `serverAuth`, `clientAuth`, or an object identifier. */
  extendedKeyUsage: string[];
  /** The public key's kind and size. */
  key: string;
  /** How many authorities may stand below it, where that is limited. */
  pathLength?: number;
  /** Object identifiers of critical extensions that parley does not understand. */
  notUnderstood: string[];
  /** The signature's algorithm, or its object identifier where it is not one that is allowed. */
  signature: string;
  /** The fingerprint of the public key, see `fingerprintOf`. */
  fingerprint: string;
  /** The SHA-256 of the whole certificate in lower-case hexadecimal. */
  sha256: string;
}

/**
 * Tells what a certificate says.
 *
 * @throws {DecodeError} `cert-malformed`
 */
export function inspectCertificate(der: Uint8Array): CertificateFacts {
  const { extensions, spki, ...certificate } = parseCertificate(der);
  const { isCa = false, pathLength } = extensions.basicConstraints ?? {};
  return {
    subject: formatDistinguishedName(certificate.subject),
    issuer: formatDistinguishedName(certificate.issuer),
    serial: certificate.serial,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    names: listAltNames(extensions),
    isCa,
    ...(pathLength !== undefined && { pathLength }),
    notUnderstood: extensions.notUnderstood,
    keyUsage: extensions.keyUsage ?? [],
    extendedKeyUsage: (extensions.extendedKeyUsage ?? []).map(nameExtendedKeyUsage),
    key: describeKeyAlgorithm(spki),
    signature: describeSignatureAlgorithm(certificate.signed.algorithm),
    fingerprint: fingerprintOf(spki),
    sha256: hashCertificate(der).toHex(),
  };
}

/** The names in subjectAltName, each behind its kind: `uri:…`, `dns:…`, `ip:…`. */
export function listAltNames({ subjectAltNames }: CertificateExtensions): string[] {
  const { uris = [], dnsNames = [], ipAddresses = [] } = subjectAltNames ?? {};
  return [
    ...uris.map((name) => `uri:${name}`),
    ...dnsNames.map((name) => `dns:${name}`),
    ...ipAddresses.map((name) => `ip:${name}`),
  ];
}

/** The kind and size of a public key; its object identifier where parley does not know it. */
export function describeKeyAlgorithm(spki: Uint8Array): string {
  return nameOrOid(() => nameKeyAlgorithm(spki), () => new DerReader(spki).sequence("public key"));
}

/** The name of a signature algorithm; its object identifier where it is not one that is allowed. */
export function describeSignatureAlgorithm(algorithm: Uint8Array): string {
  return nameOrOid(() => parseSignatureAlgorithm(algorithm).name, () => {
    // As deep as within a key, where the algorithm is the first element.
    return new DerReader(algorithm);
  });
}

function nameOrOid(name: () => string, findAlgorithm: () => DerReader): string {
  try {
    return name();
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
  }
  try {
    return findAlgorithm().sequence("algorithm").oid("algorithm");
  } catch (error) {
    if (error instanceof DecodeError) return "malformed";
    throw error;
  }
}

function nameExtendedKeyUsage(oid: string): string {
  return Object.entries(ExtendedKeyUsage).find(([, value]) => value === oid)?.[0] ?? oid;
}
