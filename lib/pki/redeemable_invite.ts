import { AuthenticationError } from "../errors/mod.ts";
import type { CaLog, LoggedInvite } from "./ca_log.ts";
import type { Identity } from "./identity.ts";
import { checkLinkedInvite } from "./linked_invite.ts";

/**
 * Finds the invite of a token that was made for this device, and has not run out before it was used; whether it was is
 * not looked at.
 *
 * @param tokenHash the SHA-256 of the token
 * @throws {AuthenticationError} `invite-unknown` (also where it is for another user), `invite-expired`,
 * `invite-device`, `invite-revoked`
 */
export function findRedeemableInvite(
  tokenHash: Uint8Array,
  { user, device }: Identity,
  log: CaLog,
  now: Date,
): LoggedInvite {
  const invite = log.findInvite(tokenHash);
  if (invite === undefined || invite.user !== user) {
    throw new AuthenticationError("invite-unknown", "this authority has given out no such invite");
  }
  if (invite.redemption === undefined && invite.expiresAt.getTime() < now.getTime()) {
    const { expiresAt } = invite;
    throw new AuthenticationError("invite-expired", `the invite expired on ${expiresAt.toISOString()}`, {
      hint: "ask for a new invite",
    });
  }
  checkLinkedInvite(invite, device, log);
  return invite;
}
