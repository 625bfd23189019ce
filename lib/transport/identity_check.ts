import { createPrivateKey, X509Certificate } from "node:crypto";
import { UsageError } from "../errors/mod.ts";
import type { TlsIdentity } from "./peer.ts";

/**
 * Checks that a key and a certificate belong together, for the runtime would only fail at the next handshake.
 *
 * @throws {UsageError} `identity-unusable`
 */
export function assertUsableIdentity(identity: TlsIdentity): void {
  let matches: boolean;
  try {
    const leaf = new X509Certificate(identity.certificatesPem);
    matches = leaf.checkPrivateKey(createPrivateKey(identity.keyPem));
  } catch (cause) {
    throw new UsageError("identity-unusable", "the key or the certificate for TLS cannot be read", { cause });
  }
  if (!matches) throw new UsageError("identity-unusable", "the key does not belong to the certificate");
}
