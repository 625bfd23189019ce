import type * as X509 from "@peculiar/x509";
import { encodeHex } from "../bytes/mod.ts";
import { digest, type RandomSource } from "../crypto/mod.ts";
import { UsageError } from "../errors/mod.ts";
import type { Certificate } from "./certificate.ts";
import { ExtendedKeyUsage } from "./certificate_extensions.ts";
import { createCommonName, MAX_COMMON_NAME } from "./common_name.ts";
import { formatIdentityUri, type Identity } from "./identity.ts";
import { checkSigningKey, type KeyPair } from "./key_pair.ts";
import { endOfLifetime } from "./lifetime.ts";
import { loadX509 } from "./load_x509.ts";
import { parsePublicKeyInfo } from "./public_key_info.ts";
import { parseServerName } from "./server_name.ts";

/** From when and how long a certificate is valid. */
export interface Lifetime {
  /** The present time. The certificate is valid from five minutes before, for clocks that are behind. */
  now: Date;
  /** How long it is valid from now, in milliseconds. */
  lifetimeMs: number;
}

/** The authority that signs. */
export interface Issuer {
  /** Its certificate. */
  certificate: Certificate;
  /** Its private key. */
  key: CryptoKey;
}

/** What every new certificate needs. */
export interface Subscriber extends Lifetime {
  /** The subject's public key as SubjectPublicKeyInfo. */
  spki: Uint8Array;
  /** Where the serial number comes from. */
  random: RandomSource;
}

/** By how much a certificate's beginning is dated back, for clocks that are behind, in milliseconds. */
export const BACKDATE_MS = 5 * 60_000;
const SERIAL_BYTES = 16;
const MAX_SERVER_NAMES = 100;

/**
 * Creates a self-signed root certificate: basicConstraints (critical, CA, path length), keyUsage (critical,
 * keyCertSign and cRLSign), subjectKeyIdentifier.
 *
 * @param options.name the common name, 1 to 64 characters
 * @param options.pathLength how many authorities may stand between it and a leaf; default 0
 * @returns DER
 * @throws {UsageError} `ca-name-malformed`, `lifetime-malformed`
 * @throws {AuthenticationError} `key-weak`
 */
export async function createRootCertificate(
  options: Lifetime & { name: string; keys: KeyPair; random: RandomSource; pathLength?: number },
): Promise<Uint8Array<ArrayBuffer>> {
  checkSigningKey(options.keys);
  const x509 = await loadX509();
  const name = createCommonName(x509, checkCaName(options.name));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: generateSerial(options.random),
    subject: name,
    issuer: name,
    ...validity(options),
    publicKey: options.keys.publicKey,
    signingKey: options.keys.privateKey,
    extensions: authorityExtensions(x509, options.pathLength ?? 0, options.keys.spki),
  });
  return new Uint8Array(certificate.rawData);
}

/**
 * Creates the certificate of an authority below another one: as a root's, with path length 0 and an
 * authorityKeyIdentifier.
 *
 * @param options.name the common name, 1 to 64 characters
 * @returns DER
 * @throws {UsageError} `ca-name-malformed`, `lifetime-malformed`, `ca-expired`, `ca-path-length` where the issuer
 * may have no authority below it
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 * @throws {AuthenticationError} `key-weak`
 */
export async function createIntermediateCertificate(
  options: Subscriber & { name: string },
  issuer: Issuer,
): Promise<Uint8Array<ArrayBuffer>> {
  checkSigningKey(parsePublicKeyInfo(options.spki));
  if (issuer.certificate.extensions.basicConstraints?.pathLength === 0) {
    throw new UsageError("ca-path-length", "this authority may have no other authority below it");
  }
  const x509 = await loadX509();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: generateSerial(options.random),
    subject: createCommonName(x509, checkCaName(options.name)),
    issuer: new x509.Name(new Uint8Array(issuer.certificate.subject)),
    ...validity(options, issuer.certificate),
    publicKey: new Uint8Array(options.spki),
    signingKey: issuer.key,
    extensions: [
      ...authorityExtensions(x509, 0, options.spki),
      new x509.AuthorityKeyIdentifierExtension(encodeHex(issuerKeyIdentifier(issuer))),
    ],
  });
  return new Uint8Array(certificate.rawData);
}

/**
 * Creates a server certificate: subjectAltName with DNS names and IP addresses, extendedKeyUsage
 * serverAuth.
 *
 * @param options.names DNS names and IP addresses, 1 to 100; the first is the common name too
 * @returns DER
 * @throws {UsageError} `server-name-malformed`, `lifetime-malformed`, `ca-expired`
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 * @throws {AuthenticationError} `key-weak`
 */
export async function createServerCertificate(
  options: Subscriber & { names: string[] },
  issuer: Issuer,
): Promise<Uint8Array<ArrayBuffer>> {
  const names = options.names.map(parseServerName);
  const [first] = names;
  if (first === undefined || names.length > MAX_SERVER_NAMES) {
    throw new UsageError(
      "server-name-malformed",
      `a server needs 1 to ${MAX_SERVER_NAMES} names or addresses`,
    );
  }
  const altNames = names.map(({ type, text }) => ({ type, value: text }));
  return await createLeaf(options, issuer, first.text, altNames, ExtendedKeyUsage.serverAuth);
}

/**
 * Creates a device certificate: subjectAltName with the URI `parley:USER/DEVICE`, extendedKeyUsage
 * clientAuth.
 *
 * @returns DER
 * @throws {UsageError} `name-malformed`, `lifetime-malformed`, `ca-expired`
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 * @throws {AuthenticationError} `key-weak`
 */
export async function createDeviceCertificate(
  options: Subscriber & { identity: Identity },
  issuer: Issuer,
): Promise<Uint8Array<ArrayBuffer>> {
  const { user, device } = options.identity;
  const altNames = [{ type: "url" as const, value: formatIdentityUri(options.identity) }];
  return await createLeaf(options, issuer, `${user}/${device}`, altNames, ExtendedKeyUsage.clientAuth);
}

async function createLeaf(
  subscriber: Subscriber,
  issuer: Issuer,
  commonName: string,
  altNames: { type: "dns" | "ip" | "url"; value: string }[],
  extendedKeyUsage: string,
): Promise<Uint8Array<ArrayBuffer>> {
  checkSigningKey(parsePublicKeyInfo(subscriber.spki));
  const x509 = await loadX509();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: generateSerial(subscriber.random),
    subject: createCommonName(x509, commonName),
    issuer: new x509.Name(new Uint8Array(issuer.certificate.subject)),
    ...validity(subscriber, issuer.certificate),
    publicKey: new Uint8Array(subscriber.spki),
    signingKey: issuer.key,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([extendedKeyUsage]),
      new x509.SubjectAlternativeNameExtension(altNames),
      new x509.SubjectKeyIdentifierExtension(encodeHex(keyIdentifier(subscriber.spki))),
      new x509.AuthorityKeyIdentifierExtension(encodeHex(issuerKeyIdentifier(issuer))),
    ],
  });
  return new Uint8Array(certificate.rawData);
}

function authorityExtensions(x509: typeof X509, pathLength: number, spki: Uint8Array): X509.Extension[] {
  const flags = x509.KeyUsageFlags;
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(flags.keyCertSign | flags.cRLSign, true),
    new x509.SubjectKeyIdentifierExtension(encodeHex(keyIdentifier(spki))),
  ];
}

function issuerKeyIdentifier({ certificate }: Issuer): Uint8Array {
  return certificate.extensions.subjectKeyIdentifier ?? keyIdentifier(certificate.spki);
}

/** 126 random bits; the octet in front is never zero, so that every serial number has 16 octets. */
function generateSerial(random: RandomSource): string {
  const octets = random(SERIAL_BYTES);
  octets[0] = (octets[0]! & 0x7f) | 0x40;
  return encodeHex(octets);
}

/** RFC 7093 §2 (1): the first 160 bits of the SHA-256 of the key. */
function keyIdentifier(spki: Uint8Array): Uint8Array {
  return digest("SHA-256", parsePublicKeyInfo(spki).publicKey).subarray(0, 20);
}

/** X.509 counts whole seconds. What an authority issues does not outlive it: nobody could verify it then. */
function validity({ now, lifetimeMs }: Lifetime, issuer?: Certificate): { notBefore: Date; notAfter: Date } {
  if (issuer !== undefined && issuer.notAfter.getTime() <= now.getTime()) {
    throw new UsageError(
      "ca-expired",
      `the authority's certificate expired on ${issuer.notAfter.toISOString()}`,
    );
  }
  const end = Math.min(endOfLifetime(now, lifetimeMs).getTime(), issuer?.notAfter.getTime() ?? Infinity);
  const second = (time: number) => new Date(Math.floor(time / 1000) * 1000);
  return { notBefore: second(now.getTime() - BACKDATE_MS), notAfter: second(end) };
}

function checkCaName(name: string): string {
  // deno-lint-ignore no-control-regex
  if (name.trim() !== "" && name.length <= MAX_COMMON_NAME && !/[\u0000-\u001f\u007f-\u009f]/.test(name)) {
    return name;
  }
  throw new UsageError("ca-name-malformed", "the authority's name needs 1 to 64 printable characters");
}
