import { AuthenticationError } from "../errors/mod.ts";
import type { CaLog, LoggedInvite, LoggedIssuance } from "./ca_log.ts";

/**
 * Checks that an invite which a device made may be redeemed under this device name, and that the device that made
 * it is still trusted: a thief's invites end with the stolen device. Other invites pass.
 *
 * @throws {AuthenticationError} `invite-device`, `invite-revoked`
 */
export function checkLinkedInvite({ link }: LoggedInvite, device: string, log: CaLog): void {
  if (link === undefined) return;
  if (link.device !== device) {
    throw new AuthenticationError("invite-device", `the invite is for a device named ${link.device}`, {
      hint: `enrol with --device ${link.device}`,
    });
  }
  const signer = log.findIssuance(link.linkedBy);
  if (signer !== undefined && !isKeyRevoked(signer, log)) return;
  throw new AuthenticationError("invite-revoked", "the device that made the invite was revoked", {
    hint: "make an invite with another device, or ask for one",
  });
}

/** Whether any certificate of the same key and device is revoked: a renewed one is the same device's. */
export function isKeyRevoked({ user = "", device = "", fingerprint }: LoggedIssuance, log: CaLog): boolean {
  return log.listIssuances({ user, device })
    .some((one) => one.fingerprint === fingerprint && one.revocation !== undefined);
}
