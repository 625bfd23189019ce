import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { X509Certificate } from "node:crypto";
import { AuthenticationError } from "../../lib/errors/mod.ts";
import type { ChainCheck, TlsIdentity, VerifiedPeer } from "../../lib/transport/mod.ts";

const DAY_MS = 86_400_000;
const ED25519 = { name: "Ed25519" };

/** What a certificate of a test CA may have otherwise. */
export interface TestCertificateOptions {
  /** Default: yesterday. */
  notBefore?: Date;
  /** Default: in a year. */
  notAfter?: Date;
  /** Default: the CA's own Ed25519. */
  keys?: CryptoKeyPair;
}

/** A certificate authority for tests: a root, an intermediate, and what they issue, all Ed25519. */
export interface TestCa {
  /** The root in PEM. */
  rootPem: string;
  /** The intermediate and the root in PEM. */
  authoritiesPem: string;
  /** Issues for a server with these DNS names and IP addresses. */
  server(names: string[], options?: TestCertificateOptions): Promise<TlsIdentity>;
  /** Issues for a device. */
  device(user: string, device: string, options?: TestCertificateOptions): Promise<TlsIdentity>;
  /** A strict check of chains against this CA; `revoked` holds fingerprints and may change. */
  check(usage: "client" | "server", revoked?: Set<string>): ChainCheck;
}

/** Makes a certificate authority for tests. */
export async function makeTestCa(name = "Test"): Promise<TestCa> {
  const rootKeys = await generateKeys();
  const root = await issueCa(`${name} Root`, rootKeys, { name: `CN=${name} Root`, key: rootKeys.privateKey });
  const keys = await generateKeys();
  const issuer = { name: root.subject, key: rootKeys.privateKey };
  const intermediate = await issueCa(`${name} Issuing`, keys, issuer);
  const pem = (certificate: x509.X509Certificate) => certificate.toString("pem") + "\n";

  const issue = async (
    subject: string,
    san: x509.JsonGeneralName[],
    usage: string,
    more: TestCertificateOptions,
  ) => {
    const leafKeys = more.keys ?? await generateKeys();
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: `CN=${subject}`,
      issuer: intermediate.subject,
      notBefore: more.notBefore ?? new Date(Date.now() - DAY_MS),
      notAfter: more.notAfter ?? new Date(Date.now() + 365 * DAY_MS),
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ED25519,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        new x509.SubjectAlternativeNameExtension(san),
      ],
    });
    return { keyPem: await exportKey(leafKeys), certificatesPem: pem(leaf) + pem(intermediate) };
  };

  return {
    rootPem: pem(root),
    authoritiesPem: pem(intermediate) + pem(root),
    server: (names, options = {}) => {
      const san = names.map((value): x509.JsonGeneralName => ({
        type: isAddress(value) ? "ip" : "dns",
        value,
      }));
      return issue(names[0]!, san, x509.ExtendedKeyUsage.serverAuth, options);
    },
    device: (user, device, options = {}) => {
      const san: x509.JsonGeneralName[] = [{ type: "url", value: `parley:${user}/${device}` }];
      return issue(`${user}/${device}`, san, x509.ExtendedKeyUsage.clientAuth, options);
    },
    check: (usage, revoked = new Set()) => (chain) =>
      checkChain(chain, usage, revoked, [intermediate.rawData, root.rawData]),
  };
}

/** Generates an Ed25519 key pair. */
async function generateKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
}

function issueCa(
  name: string,
  keys: CryptoKeyPair,
  issuer: { name: string; key: CryptoKey },
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${name}`,
    issuer: issuer.name,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 3650 * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: issuer.key,
    signingAlgorithm: ED25519,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
}

/** Independent of lib/pki on purpose: the tests of the transport prove that a check decides, not this check. */
function checkChain(
  chain: Uint8Array[],
  usage: "client" | "server",
  revoked: Set<string>,
  authorities: ArrayBuffer[],
): VerifiedPeer {
  const [leaf, ...issuers] = [...chain, ...authorities].map((der) =>
    new X509Certificate(new Uint8Array(der))
  );
  if (leaf === undefined) throw new AuthenticationError("certificate-missing", "no certificate was shown");
  const trusted = authorities.map((der) => new X509Certificate(new Uint8Array(der)).fingerprint256);
  const issuer = issuers.find((it) => trusted.includes(it.fingerprint256) && leaf.verify(it.publicKey));
  if (issuer === undefined) throw new AuthenticationError("certificate-untrusted", "not issued by this CA");
  const wanted = usage === "client" ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const usages = new x509.X509Certificate(chain[0]!.slice()).getExtension(x509.ExtendedKeyUsageExtension)
    ?.usages;
  if (!usages?.includes(wanted)) throw new AuthenticationError("certificate-usage", "not for this purpose");
  if (Date.parse(leaf.validTo) < Date.now()) {
    throw new AuthenticationError("certificate-expired", "the certificate has expired");
  }
  const fingerprint = leaf.fingerprint256.replaceAll(":", "").toLowerCase();
  if (revoked.has(fingerprint)) {
    throw new AuthenticationError("certificate-revoked", "the certificate is revoked");
  }
  const name = leaf.subjectAltName?.match(/parley:([^/]+)\/(\S+)/);
  return {
    device: name ? { user: name[1]!, device: name[2]! } : undefined,
    serial: leaf.serialNumber.toLowerCase(),
    notAfter: new Date(leaf.validTo),
    fingerprint,
  };
}

async function exportKey(keys: CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY") +
    "\n";
}

function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0]! &= 0x7f;
  bytes[0]! |= 0x40;
  return bytes.toHex();
}

function isAddress(name: string): boolean {
  return /^[0-9.]+$/.test(name) || name.includes(":");
}

/** The fingerprint that a check reports for this identity. */
export function fingerprintOf(identity: TlsIdentity): string {
  return new X509Certificate(identity.certificatesPem).fingerprint256.replaceAll(":", "").toLowerCase();
}
