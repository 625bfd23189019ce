import type { PrivateMessage } from "ts-mls";
import { decryptSenderData } from "ts-mls/privateMessage.js";
import { DecodeError } from "../errors/mod.ts";
import type { MlsContext } from "./context.ts";
import type { GroupEpoch } from "./group_epoch.ts";

/** Decrypts who sent a message (RFC 9420 §6.3.2), so that only that member's ratchet need be loaded. */
export async function readSenderLeaf(
  context: MlsContext,
  epoch: GroupEpoch,
  message: PrivateMessage,
): Promise<number> {
  const { senderDataSecret } = epoch.parts.keySchedule;
  const senderData = await decryptSenderData(message, senderDataSecret, context.suite);
  if (senderData === undefined) throw new DecodeError("mls-malformed", "cannot decode MLS sender data");
  return senderData.leafIndex;
}
