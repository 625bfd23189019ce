import { formatPem, parsePem } from "../bytes/mod.ts";
import { ParleyError } from "../errors/mod.ts";
import {
  type CertificateAuthority,
  type Clock,
  exportPrivateKey,
  formatCertificates,
  generateKeyPair,
  hashCertificate,
  parseCertificate,
  parseServerName,
  renewalDueAt,
  verifyChain,
} from "../pki/mod.ts";
import type { RelayFolder } from "../store/mod.ts";
import type { TlsIdentity } from "../transport/mod.ts";

/** The key and certificate that a relay shows. */
export interface ServerIdentity {
  /** As the transport wants it. */
  tls: TlsIdentity;
  /** The SHA-256 of the certificate. */
  certificateHash: Uint8Array;
  /** When a new certificate is to take its place. */
  renewalDue: Date;
  /** Until when it is valid. */
  notAfter: Date;
}

/** What decides whether a certificate that was kept can still be used. */
export interface ServerIdentityOptions {
  /** Who issues it. */
  authority: CertificateAuthority;
  /** The newest CRL, DER. */
  crl: Uint8Array;
  /** DNS names and addresses under which clients reach the relay. */
  names: string[];
  /** The present time. */
  clock: Clock;
}

const CERTIFICATE = "CERTIFICATE", PRIVATE_KEY = "PRIVATE KEY";

/**
 * Returns the relay's identity: the one kept in its folder if the authority and the names are still the same, it
 * is not revoked and has at least a third of its life before it; else a new one, which is kept.
 *
 * @throws {UsageError} `server-name-malformed`
 * @throws {StorageError} `file-unwritable`, `storage-unwritable`
 */
export async function obtainServerIdentity(
  folder: RelayFolder,
  options: ServerIdentityOptions,
): Promise<ServerIdentity> {
  const names = [...new Set(options.names.map((name) => parseServerName(name).text))].sort();
  const kept = folder.readIdentity();
  const usable = kept && await openKept(kept, { ...options, names });
  if (usable) return usable;
  const { privateKey, spki } = await generateKeyPair("ed25519");
  const { certificate } = await options.authority.issueServer({ names, spki });
  const keyPem = await exportPrivateKey(privateKey);
  folder.writeIdentity(formatCertificates([certificate]) + keyPem);
  return toIdentity(options.authority, certificate, keyPem);
}

async function openKept(pem: string, options: ServerIdentityOptions): Promise<ServerIdentity | undefined> {
  const { authority, crl, names, clock } = options;
  try {
    const blocks = parsePem(pem);
    const certificate = blocks.find(({ label }) => label === CERTIFICATE)?.bytes;
    const key = blocks.find(({ label }) => label === PRIVATE_KEY)?.bytes;
    if (certificate === undefined || key === undefined) return undefined;
    const trust = { roots: [authority.root], crls: [crl], clockSkewMs: 0 };
    const { serverNames } = await verifyChain({
      ...trust,
      chain: authority.chainOf(certificate),
      usage: "server",
      now: clock(),
    });
    if (renewalDueAt(parseCertificate(certificate)) <= clock()) return undefined;
    if (serverNames.toSorted().join() !== names.join()) return undefined;
    return toIdentity(authority, certificate, formatPem(PRIVATE_KEY, key));
  } catch (error) {
    // Of another authority, expired, revoked, or damaged: a new one is as good.
    if (error instanceof ParleyError) return undefined;
    throw error;
  }
}

function toIdentity(
  authority: CertificateAuthority,
  certificate: Uint8Array,
  keyPem: string,
): ServerIdentity {
  const parsed = parseCertificate(certificate);
  return {
    tls: { keyPem, certificatesPem: formatCertificates(authority.chainOf(certificate)) },
    certificateHash: hashCertificate(certificate),
    renewalDue: renewalDueAt(parsed),
    notAfter: parsed.notAfter,
  };
}
