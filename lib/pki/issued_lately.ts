import { equalBytes } from "../bytes/mod.ts";
import { AuthenticationError } from "../errors/mod.ts";
import type { CaLog, LoggedInvite, LoggedIssuance } from "./ca_log.ts";
import { parseCertificate } from "./certificate.ts";
import type { Identity } from "./identity.ts";
import { issuanceStatus } from "./issuance_status.ts";

/** Who asks for a certificate: the names, and the public key. */
export type Applicant = Identity & { spki: Uint8Array };

/** How long the holder of the same key may fetch again what it was issued: its connection may have broken. */
const FETCH_AGAIN_MS = 10 * 60_000;

/** What this applicant was issued a moment ago; undefined where there is nothing. */
export function findIssuedLately(applicant: Applicant, log: CaLog, now: Date): LoggedIssuance | undefined {
  const { user, device } = applicant;
  return log.listIssuances({ user, device }).find((one) =>
    isRecent(one.issuedAt, now) && isOf(one, applicant, now)
  );
}

/**
 * What was issued for an invite to this applicant a moment ago; undefined where the invite was not used yet.
 *
 * @throws {AuthenticationError} `invite-used` where it was used by another one, or longer ago
 */
export function findIssuedFor(
  { redemption }: LoggedInvite,
  applicant: Applicant,
  log: CaLog,
  now: Date,
): LoggedIssuance | undefined {
  if (redemption === undefined) return undefined;
  const issued = log.findIssuance(redemption.serial);
  if (issued !== undefined && isRecent(redemption.redeemedAt, now) && isOf(issued, applicant, now)) {
    return issued;
  }
  throw new AuthenticationError("invite-used", "the invite was used before", {
    hint: "ask for a new invite",
  });
}

function isRecent(time: Date, now: Date): boolean {
  return now.getTime() - time.getTime() <= FETCH_AGAIN_MS;
}

function isOf(issued: LoggedIssuance, { user, device, spki }: Applicant, now: Date): boolean {
  return issuanceStatus(issued, now) === "active" && issued.user === user && issued.device === device &&
    equalBytes(parseCertificate(issued.certificate).spki, spki);
}
