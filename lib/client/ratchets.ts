import { InternalError } from "../errors/mod.ts";
import { deriveRatchet, type GroupEpoch } from "../mls/mod.ts";
import type { ClientStore } from "../store/mod.ts";

/**
 * The message ratchets of a member. Where it has sent nothing in this epoch they are derived, and stored with what
 * is left to derive others from; inside a transaction.
 *
 * @throws {ProtocolError} `mls-invalid` where there is no such leaf
 */
export function readRatchet({ groups }: ClientStore, epoch: GroupEpoch, leaf: number): Uint8Array {
  const { groupId: mailbox } = epoch;
  const known = groups.ratchet(mailbox, leaf);
  if (known !== undefined) return known;
  const present = groups.secrets(mailbox);
  if (present === undefined) throw new InternalError("a conversation without a group has no ratchets");
  const { ratchet, secrets } = deriveRatchet(epoch, present, leaf);
  groups.setSecrets(mailbox, secrets);
  groups.setRatchet(mailbox, leaf, ratchet);
  return ratchet;
}
