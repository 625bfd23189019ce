import { encodeHex } from "../bytes/mod.ts";
import { AuthenticationError } from "../errors/mod.ts";
import { hashCertificate, parseCertificate, RENEWAL_GRACE_MS, type VerifiedCertificate } from "../pki/mod.ts";
import type { AuthorityWatch } from "./authority_watch.ts";
import { certificateRevoked } from "./certificate_error.ts";
import type { DevicePeer } from "./session.ts";

/**
 * Finds out which device connects with a chain of certificates, DER, its own first. An expired certificate passes for
 * as long as it may be renewed, if all else about it is in order.
 *
 * @param now the present time
 * @throws {AuthenticationError} what the verifier throws; `cert-name` where the certificate names no device, and
 * `cert-revoked`
 */
export async function checkClient(
  chain: Uint8Array<ArrayBuffer>[],
  watch: Pick<AuthorityWatch, "verifier" | "isRevoked">,
  now: Date,
): Promise<DevicePeer> {
  const { verified, expired } = await verifyClient(chain, watch, now);
  const { user, device, serial, notAfter, certificate, fingerprint: key } = verified;
  if (user === undefined || device === undefined) {
    throw new AuthenticationError("cert-name", "certificate refused: it names no device");
  }
  if (watch.isRevoked(serial)) throw certificateRevoked();
  const fingerprint = encodeHex(hashCertificate(certificate));
  return { device: { user, device }, key, serial, notAfter, fingerprint, expired };
}

async function verifyClient(
  chain: Uint8Array<ArrayBuffer>[],
  { verifier }: Pick<AuthorityWatch, "verifier">,
  now: Date,
): Promise<{ verified: VerifiedCertificate; expired: boolean }> {
  try {
    return { verified: await verifier.verify({ chain, usage: "device", now }), expired: false };
  } catch (error) {
    if (!(error instanceof AuthenticationError) || error.code !== "cert-expired") throw error;
    const { notAfter } = parseCertificate(chain[0]!);
    if (notAfter.getTime() + RENEWAL_GRACE_MS < now.getTime()) throw error;
    const verified = await verifier.verify({ chain, usage: "device", now: notAfter });
    return { verified, expired: true };
  }
}
