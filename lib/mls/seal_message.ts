import { encodeMlsMessage } from "ts-mls";
import { protectApplicationData } from "ts-mls/messageProtection.js";
import type { MlsContext } from "./context.ts";
import type { GroupEpoch } from "./group_epoch.ts";
import { encodeRatchet, ratchetAt, toSecretTree } from "./group_snapshot.ts";
import { withMlsErrors } from "./mls_error.ts";
import { paddingFor } from "./padding.ts";

/** An application message that this member made. */
export interface SealedMessage {
  /** The MLSMessage (PrivateMessage, RFC 9420 §6.3). */
  message: Uint8Array;
  /** This member's ratchet after it; must be stored before the message is sent. */
  ratchet: Uint8Array;
}

/**
 * Seals an application message, padded to a bucket ({@link padToBucket}). Needs neither the tree nor anybody
 * else's ratchet, so its cost does not depend on the size of the group.
 *
 * @throws {UsageError} `message-too-long`
 */
export function sealMessage(
  context: MlsContext,
  epoch: GroupEpoch,
  ratchet: Uint8Array,
  plaintext: Uint8Array,
  authenticatedData: Uint8Array,
): Promise<SealedMessage> {
  return withMlsErrors(async () => {
    const { groupContext, keySchedule } = epoch.parts;
    const { privateMessage, newSecretTree } = await protectApplicationData(
      context.identity.signaturePrivateKey,
      keySchedule.senderDataSecret,
      plaintext,
      authenticatedData,
      groupContext,
      toSecretTree(new Map([[epoch.ownLeaf, ratchet]])),
      epoch.ownLeaf,
      paddingFor(plaintext.length),
      context.suite,
    );
    return {
      message: encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage }),
      ratchet: encodeRatchet(ratchetAt(newSecretTree, epoch.ownLeaf)),
    };
  });
}
