import { AuthenticationError } from "../errors/mod.ts";
import type { CaLog, LoggedIssuance } from "./ca_log.ts";
import { parseCertificate } from "./certificate.ts";
import { issuanceStatus } from "./issuance_status.ts";
import { RENEWAL_GRACE_MS, renewalDueAt } from "./renewal.ts";

/**
 * Refuses to renew what is revoked, what expired too long ago, and what another key has taken the place of.
 *
 * @throws {AuthenticationError} `cert-revoked`, `cert-expired`, `device-exists`
 */
export function checkRenewable(
  { user, device, fingerprint, notAfter, revocation }: LoggedIssuance,
  log: CaLog,
  now: Date,
): void {
  if (revocation !== undefined) {
    throw new AuthenticationError("cert-revoked", "the certificate was revoked");
  }
  if (notAfter.getTime() + RENEWAL_GRACE_MS < now.getTime()) {
    throw new AuthenticationError("cert-expired", "the certificate expired too long ago to be renewed", {
      hint: "enrol again",
    });
  }
  if (user === undefined || device === undefined) return;
  // While it was expired its name was free, and may have been taken.
  const others = log.listIssuances({ user, device }).filter((one) => one.fingerprint !== fingerprint);
  if (others.some((one) => issuanceStatus(one, now) === "active")) {
    throw new AuthenticationError("device-exists", `${user}/${device} has another key by now`);
  }
}

/**
 * The newest certificate of the same device and key where it need not be renewed yet; undefined where the device is to
 * have a new one.
 *
 * @param shown the certificate that the device has shown
 * @throws {AuthenticationError} what {@link checkRenewable} throws, also where a newer one of the same key is revoked
 */
export function findRenewed(shown: LoggedIssuance, log: CaLog, now: Date): LoggedIssuance | undefined {
  const { user = "", device = "", fingerprint } = shown;
  const ofKey = log.listIssuances({ user, device }).filter((one) => one.fingerprint === fingerprint);
  const since = ofKey.slice(ofKey.findIndex(({ serial }) => serial === shown.serial));
  checkRenewable(since.find(({ revocation }) => revocation !== undefined) ?? shown, log, now);
  const newest = since.at(-1)!;
  return renewalDueAt(parseCertificate(newest.certificate)) > now ? newest : undefined;
}
