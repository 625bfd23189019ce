import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import { formatPem } from "../../bytes/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import { isFileSafeName } from "./file_safe_name.ts";
import type { CertificateIssuer, KeyFile } from "./profile.ts";
import { readTextFile } from "./read_text_file.ts";
import {
  encodeRsaPublicKey,
  formatRsaPrivateKey,
  generateRsaKey,
  parseCertificateKey,
  parseRsaPrivateKey,
} from "./rsa_key.ts";

/** How a system names the files of its clients' keys. */
export interface RsaKeyNames {
  /** What follows the id in the name of a private key's file. */
  readonly privateKeySuffix: string;
  /** What follows the id in the name of a certificate's file. */
  readonly certificateSuffix: string;
  /** What to do where there is no private key. */
  readonly missingHint: string;
}

/** RSA keys and certificates in PEM, a file each, by the ids of those who have them. */
export class RsaKeyFolder {
  readonly #names: RsaKeyNames;

  /** Takes how files are named; the folder is named with each question. */
  constructor(names: RsaKeyNames) {
    this.#names = names;
  }

  /** Reads the public key that the certificate of an id carries; undefined where the folder has none. */
  readCertifiedKey(folder: string, id: string): KeyObject | undefined {
    if (!isFileSafeName(id)) return undefined;
    const certificate = readTextFile(join(folder, id + this.#names.certificateSuffix));
    return certificate === undefined ? undefined : parseCertificateKey(certificate);
  }

  /**
   * Reads a client's private key.
   *
   * @throws {UsageError} `client-id-malformed`, `no-private-key`
   * @throws {DecodeError} `key-malformed`, `key-unsupported`
   */
  readPrivateKey(folder: string, id: string): KeyObject {
    assertClientId(id);
    const { privateKeySuffix, missingHint: hint } = this.#names;
    const path = join(folder, id + privateKeySuffix);
    const pem = readTextFile(path);
    if (pem !== undefined) return parseRsaPrivateKey(pem);
    throw new UsageError("no-private-key", `there is no ${path}`, { hint });
  }

  /**
   * Makes keys for these ids and, where somebody signs them, certificates.
   *
   * @throws {UsageError} `client-id-malformed`
   */
  async make(ids: readonly string[], issuer?: CertificateIssuer): Promise<readonly KeyFile[]> {
    ids.forEach(assertClientId);
    const { privateKeySuffix, certificateSuffix } = this.#names;
    const files: KeyFile[] = [];
    for (const id of ids) {
      const key = await generateRsaKey();
      files.push({ name: id + privateKeySuffix, text: formatRsaPrivateKey(key), secret: true });
      if (issuer === undefined) continue;
      const text = formatPem("CERTIFICATE", await issuer.issue(id, encodeRsaPublicKey(key)));
      files.push({ name: id + certificateSuffix, text, secret: false });
    }
    return files;
  }
}

function assertClientId(id: string): void {
  if (isFileSafeName(id)) return;
  throw new UsageError("client-id-malformed", `${JSON.stringify(id)} can be no client's id`, {
    hint: "an id has 1 to 64 letters, digits, _ . and -",
  });
}
