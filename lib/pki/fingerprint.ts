import { digest } from "../crypto/mod.ts";

/**
 * A public key's fingerprint as people compare it: `SHA256:` and the base64, without padding, of the
 * SHA-256 of its SubjectPublicKeyInfo.
 */
export function fingerprintOf(spki: Uint8Array): string {
  return `SHA256:${digest("SHA-256", spki).toBase64({ omitPadding: true })}`;
}

/** The SHA-256 of a certificate in DER: what an invite pins and what an enrolment is bound to. */
export function hashCertificate(der: Uint8Array): Uint8Array<ArrayBuffer> {
  return digest("SHA-256", der);
}
