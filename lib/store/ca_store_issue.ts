import { encodeUtf8, formatPem } from "../bytes/mod.ts";
import {
  CRL_PEM_LABEL,
  exportPrivateKey,
  formatCertificates,
  generateKeyPair,
  type Issuance,
  type KeyAlgorithm,
} from "../pki/mod.ts";
import { AtomicFile } from "./atomic_file.ts";
import type { CaFolder } from "./ca_store.ts";
import { refuseExistingFiles, writeFileAtomically } from "./write_file_atomically.ts";

/** Which server certificate to issue, and where to. */
export interface IssueServerFilesOptions {
  /** DNS names and IP addresses of the server. */
  names: string[];
  /** Where to: `OUT.key` and `OUT.crt`. */
  out: string;
  /** The kind of the server's key. Default `ed25519`. */
  algorithm?: KeyAlgorithm;
  /** How long the certificate is valid. Default one year. */
  lifetimeMs?: number;
  /** Whether existing files are replaced. Default false. */
  force?: boolean;
}

/**
 * Generates a server's key and issues its certificate: `OUT.key` (PKCS#8 PEM, mode 0600: a relay has to start
 * unattended) and `OUT.crt` (the certificate, then those of the authorities up to the root). Nothing is issued where
 * nothing can be written.
 *
 * @throws {UsageError} `file-exists`, `server-name-malformed`, `key-algorithm-unknown`
 * @throws {AuthenticationError} `key-weak`, `passphrase-required`, `passphrase-wrong`
 * @throws {StorageError} `file-unwritable`, and what the log throws
 */
export async function issueServerFiles(ca: CaFolder, options: IssueServerFilesOptions): Promise<Issuance> {
  const { names, out, algorithm = "ed25519", lifetimeMs, force = false } = options;
  const keyPath = `${out}.key`, certificatePath = `${out}.crt`;
  if (!force) refuseExistingFiles([keyPath, certificatePath]);
  const keys = await generateKeyPair(algorithm);
  // What is issued is in the log for good: its key comes first.
  using keyFile = AtomicFile.create(keyPath, { mode: 0o600, force });
  keyFile.write(encodeUtf8(await exportPrivateKey(keys.privateKey)));
  const issuance = await ca.authority.issueServer({
    names,
    spki: keys.spki,
    ...(lifetimeMs !== undefined && { lifetimeMs }),
  });
  keyFile.finish();
  const chain = formatCertificates([issuance.certificate, ...ca.authority.chain]);
  writeFileAtomically(certificatePath, chain, { force });
  return issuance;
}

/**
 * Issues a CRL and writes it as PEM (`X509 CRL`) in place of the one before.
 *
 * @returns the CRL, DER
 * @throws {AuthenticationError} `passphrase-required`, `passphrase-wrong`
 * @throws {StorageError} `file-unwritable`, and what the log throws
 */
export async function writeCrlFile(
  ca: CaFolder,
  options: { out: string; lifetimeMs?: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const crl = await ca.authority.crl(
    options.lifetimeMs === undefined ? {} : { lifetimeMs: options.lifetimeMs },
  );
  writeFileAtomically(options.out, formatPem(CRL_PEM_LABEL, crl), { force: true });
  return crl;
}
