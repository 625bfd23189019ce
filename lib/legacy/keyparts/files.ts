import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import { formatPem } from "../../bytes/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import {
  encodeRsaPublicKey,
  formatRsaPrivateKey,
  generateRsaKey,
  type KeyFile,
  type MakeKeysOptions,
  parseCertificateKey,
  parseRsaPrivateKey,
  readTextFile,
} from "../core/mod.ts";
import { isClientId } from "./messages.ts";

/** The clients of the description. */
export const CLIENT_IDS: readonly string[] = ["client1", "client2", "client3"];

/** Reads the public key that the certificate of an id carries; undefined where the folder has none. */
export function readCertifiedKey(folder: string, id: string): KeyObject | undefined {
  const certificate = isClientId(id) ? readTextFile(join(folder, certificateName(id))) : undefined;
  return certificate === undefined ? undefined : parseCertificateKey(certificate);
}

/**
 * Reads a client's private key.
 *
 * @throws {UsageError} `client-id-malformed`, `no-private-key`
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export function readPrivateKey(folder: string, id: string): KeyObject {
  assertClientId(id);
  const path = join(folder, privateKeyName(id));
  const pem = readTextFile(path);
  if (pem !== undefined) return parseRsaPrivateKey(pem);
  throw new UsageError("no-private-key", `there is no ${path}`, {
    hint: "parley ca issue --profile keyparts makes keys and certificates",
  });
}

/**
 * Makes RSA keys and, where somebody signs them, certificates; for the server and the three clients unless told
 * otherwise.
 *
 * @throws {UsageError} `client-id-malformed`
 */
export async function makeKeypartsKeys({ names, issuer }: MakeKeysOptions): Promise<readonly KeyFile[]> {
  const ids = names.length > 0 ? names : ["server", ...CLIENT_IDS];
  ids.forEach(assertClientId);
  const files: KeyFile[] = [];
  for (const id of ids) {
    const key = await generateRsaKey();
    files.push({ name: privateKeyName(id), text: formatRsaPrivateKey(key), secret: true });
    if (issuer === undefined) continue;
    const certificate = await issuer.issue(id, encodeRsaPublicKey(key));
    files.push({ name: certificateName(id), text: formatPem("CERTIFICATE", certificate), secret: false });
  }
  return files;
}

function privateKeyName(id: string): string {
  return `${id}_private.key`;
}

function certificateName(id: string): string {
  return `${id}_cert.pem`;
}

function assertClientId(id: string): void {
  if (isClientId(id)) return;
  throw new UsageError("client-id-malformed", `${JSON.stringify(id)} can be no client's id`, {
    hint: "an id has 1 to 64 letters, digits, _ . and -",
  });
}
