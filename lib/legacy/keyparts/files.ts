import { join } from "node:path";
import type { KeyObject } from "node:crypto";
import { UsageError } from "../../errors/mod.ts";
import { parseCertificateKey, parseRsaPrivateKey } from "../core/mod.ts";
import { isClientId } from "./messages.ts";

/** The clients of the description. */
export const CLIENT_IDS: readonly string[] = ["client1", "client2", "client3"];

/** The file of a private key. */
export function privateKeyName(id: string): string {
  return `${id}_private.key`;
}

/** The file of a certificate. */
export function certificateName(id: string): string {
  return `${id}_cert.pem`;
}

/** Reads the public key that the certificate of an id carries; undefined where the folder has none. */
export function readCertifiedKey(folder: string, id: string): KeyObject | undefined {
  if (!isClientId(id)) return undefined;
  try {
    return parseCertificateKey(Deno.readTextFileSync(join(folder, certificateName(id))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Reads a client's private key.
 *
 * @throws {UsageError} `client-id-malformed`, `no-private-key`
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export function readPrivateKey(folder: string, id: string): KeyObject {
  if (!isClientId(id)) {
    throw new UsageError("client-id-malformed", "a client's id has letters, digits, _ . and -");
  }
  const path = join(folder, privateKeyName(id));
  try {
    return parseRsaPrivateKey(Deno.readTextFileSync(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError("no-private-key", `there is no ${path}`, {
      hint: "parley ca issue --profile keyparts makes keys and certificates",
    });
  }
}
