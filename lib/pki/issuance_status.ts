import type { LoggedIssuance } from "./ca_log.ts";

/** What can become of a certificate. */
export type IssuanceStatus = "active" | "revoked" | "expired";

/** What has become of a certificate by now. */
export function issuanceStatus({ revocation, notAfter }: LoggedIssuance, now: Date): IssuanceStatus {
  if (revocation !== undefined) return "revoked";
  return notAfter.getTime() < now.getTime() ? "expired" : "active";
}
