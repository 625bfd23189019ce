import { encodeUtf8 } from "../bytes/mod.ts";
import { digest } from "../crypto/mod.ts";
import type { ClientStore, MemberRow } from "../store/mod.ts";
import { type DeviceRef, ENTRY_ID_BYTES } from "../wire/mod.ts";
import type { Trust } from "./trust.ts";

/**
 * Leaves a note in a conversation's history where a member's certificate is revoked; once for each certificate,
 * whichever process comes first. Inside a transaction.
 *
 * @returns whether it is revoked
 */
export function noteRevocation(
  { messages }: ClientStore,
  trust: Pick<Trust, "revokedAt">,
  mailbox: string,
  { user, device, serial }: MemberRow,
  self: DeviceRef,
): boolean {
  const revokedAt = trust.revokedAt(serial);
  if (revokedAt === undefined || (user === self.user && device === self.device)) return false;
  const id = digest("SHA-256", encodeUtf8(`revoked ${mailbox} ${serial}`)).slice(0, ENTRY_ID_BYTES);
  if (messages.has(mailbox, id)) return true;
  const content = new Uint8Array();
  const time = revokedAt.getTime();
  messages.add({ id, mailbox, seq: null, user, device, time, kind: "revoked", outgoing: false, content });
  return true;
}
