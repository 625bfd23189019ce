import { unprotectPrivateMessage } from "ts-mls/messageProtection.js";
import { ProtocolError } from "../errors/mod.ts";
import { type MlsContext, withClientConfig } from "./context.ts";
import type { GroupEpoch } from "./group_epoch.ts";
import { encodeRatchet, ratchetAt, toSecretTree } from "./group_snapshot.ts";
import { withMlsErrors } from "./mls_error.ts";
import { decodePrivateMessage } from "./private_message.ts";
import { readSenderLeaf } from "./sender.ts";

/** What is known of the member at a leaf; undefined where the leaf is blank. */
export type SenderLookup = (leaf: number) => { signatureKey: Uint8Array; ratchet: Uint8Array } | undefined;

/** An application message that another member sent. */
export interface OpenedMessage {
  /** The sender's leaf. */
  leaf: number;
  /** What was sent. */
  plaintext: Uint8Array;
  /** What the sender authenticated beside it (RFC 9420 §6.3). */
  authenticatedData: Uint8Array;
  /** The sender's ratchet after it; must be stored with whatever the message changes. */
  ratchet: Uint8Array;
}

/**
 * Opens an application message of the present epoch. Needs the sender's ratchet only.
 *
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `mls-wrong-epoch`, `mls-invalid` (also for a key that was used before)
 * @throws {AuthenticationError} `mls-verification-failed`
 */
export function openMessage(
  context: MlsContext,
  epoch: GroupEpoch,
  lookup: SenderLookup,
  message: Uint8Array,
): Promise<OpenedMessage> {
  return withMlsErrors(() =>
    withClientConfig(context, async (config) => {
      const privateMessage = decodePrivateMessage(epoch, message);
      if (privateMessage.contentType !== "application") throw invalid("is not an application message");
      const leaf = await readSenderLeaf(context, epoch, privateMessage);
      const sender = lookup(leaf);
      if (sender === undefined) throw invalid("comes from a leaf that is not in the group");
      const { tree, content } = await unprotectPrivateMessage(
        epoch.parts.keySchedule.senderDataSecret,
        privateMessage,
        toSecretTree(new Map([[leaf, sender.ratchet]])),
        [],
        epoch.parts.groupContext,
        config.keyRetentionConfig,
        context.suite,
        sender.signatureKey,
      );
      if (content.content.contentType !== "application") throw invalid("is not an application message");
      return {
        leaf,
        plaintext: content.content.applicationData,
        authenticatedData: privateMessage.authenticatedData,
        ratchet: encodeRatchet(ratchetAt(tree, leaf)),
      };
    })
  );
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError("mls-invalid", `the MLS message ${reason}`);
}
