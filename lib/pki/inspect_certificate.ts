import { parseCertificate } from "./certificate.ts";
import { ExtendedKeyUsage, type KeyUsageName } from "./certificate_extensions.ts";
import { formatDistinguishedName } from "./distinguished_name.ts";
import { fingerprintOf, hashCertificate } from "./fingerprint.ts";
import { parsePublicKeyInfo } from "./public_key_info.ts";
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
  /** The signature's algorithm. */
  signature: string;
  /** The fingerprint of the public key, see `fingerprintOf`. */
  fingerprint: string;
  /** The SHA-256 of the whole certificate in lower-case hexadecimal. */
  sha256: string;
}

/**
 * Tells what a certificate says.
 *
 * @throws {DecodeError} `cert-malformed`, `key-malformed`, `key-unsupported`
 * @throws {AuthenticationError} `cert-algorithm`
 */
export function inspectCertificate(der: Uint8Array): CertificateFacts {
  const { extensions, spki, ...certificate } = parseCertificate(der);
  const { uris = [], dnsNames = [], ipAddresses = [] } = extensions.subjectAltNames ?? {};
  const { type, bits } = parsePublicKeyInfo(spki);
  return {
    subject: formatDistinguishedName(certificate.subject),
    issuer: formatDistinguishedName(certificate.issuer),
    serial: certificate.serial,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    names: [
      ...uris.map((name) => `uri:${name}`),
      ...dnsNames.map((name) => `dns:${name}`),
      ...ipAddresses.map((name) => `ip:${name}`),
    ],
    isCa: extensions.basicConstraints?.isCa ?? false,
    keyUsage: extensions.keyUsage ?? [],
    extendedKeyUsage: (extensions.extendedKeyUsage ?? []).map(nameExtendedKeyUsage),
    key: type === "rsa" ? `rsa-${bits}` : type,
    signature: parseSignatureAlgorithm(certificate.signed.algorithm).name,
    fingerprint: fingerprintOf(spki),
    sha256: hashCertificate(der).toHex(),
  };
}

function nameExtendedKeyUsage(oid: string): string {
  return Object.entries(ExtendedKeyUsage).find(([, value]) => value === oid)?.[0] ?? oid;
}
