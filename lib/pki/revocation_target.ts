import type { CaLog, LoggedIssuance } from "./ca_log.ts";
import { RENEWAL_GRACE_MS } from "./renewal.ts";

/** Which certificates to revoke: one by its serial number, a device's, or those of all a user's devices. */
export type RevocationTarget = { serial: string } | { user: string; device?: string };

/**
 * Finds the certificates that are meant, those that are revoked already among them. What expired so long ago that it
 * cannot be renewed needs no revocation, and is there only if it is all there is.
 */
export function findRevocable(target: RevocationTarget, log: CaLog, now: Date): LoggedIssuance[] {
  if ("serial" in target) {
    const issuance = log.findIssuance(target.serial.toLowerCase());
    return issuance === undefined ? [] : [issuance];
  }
  const found = log.listIssuances(target);
  const earliest = now.getTime() - RENEWAL_GRACE_MS;
  const current = found.filter((one) => one.notAfter.getTime() >= earliest);
  return current.length > 0 ? current : found;
}
