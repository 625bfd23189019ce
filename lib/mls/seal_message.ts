import { encodeMlsMessage } from "ts-mls";
import { protectApplicationData } from "ts-mls/messageProtection.js";
import { type MlsContext, withClientConfig } from "./context.ts";
import type { GroupEpoch } from "./group_epoch.ts";
import { encodeRatchet, ratchetAt, toSecretTree } from "./group_snapshot.ts";
import { withMlsErrors } from "./mls_error.ts";

/** An application message that this member made. */
export interface SealedMessage {
  /** The MLSMessage (PrivateMessage, RFC 9420 §6.3). */
  message: Uint8Array;
  /** This member's ratchet after it; must be stored before the message is sent. */
  ratchet: Uint8Array;
}

/**
 * Seals an application message. Needs neither the tree nor anybody else's ratchet, so its cost does not
 * depend on the size of the group.
 */
export function sealMessage(
  context: MlsContext,
  epoch: GroupEpoch,
  ratchet: Uint8Array,
  plaintext: Uint8Array,
  authenticatedData: Uint8Array,
): Promise<SealedMessage> {
  return withMlsErrors(() =>
    withClientConfig(context, async (config) => {
      const { groupContext, keySchedule } = epoch.parts;
      const result = await protectApplicationData(
        context.identity.signaturePrivateKey,
        keySchedule.senderDataSecret,
        plaintext,
        authenticatedData,
        groupContext,
        toSecretTree(new Map([[epoch.ownLeaf, ratchet]])),
        epoch.ownLeaf,
        config.paddingConfig,
        context.suite,
      );
      const { privateMessage } = result;
      return {
        message: encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage }),
        ratchet: encodeRatchet(ratchetAt(result.newSecretTree, epoch.ownLeaf)),
      };
    })
  );
}
