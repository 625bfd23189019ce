import type { ClientStore } from "../../store/mod.ts";
import type { DeviceRef } from "../../wire/mod.ts";
import type { MessageStatus } from "../content/mod.ts";

/** What a device said of messages. */
export interface StatusMessage {
  /** The conversation. */
  mailbox: string;
  /** Whose device, by the MLS credential. */
  from: DeviceRef;
  /** When the relay took it, milliseconds since 1970. */
  time: number;
  /** What it said. */
  statuses: MessageStatus[];
}

/**
 * Notes what another user's device said of messages of this user; inside a transaction. What it says of messages
 * of others, or of none that is here, is passed over.
 */
export function noteStatuses(
  { messages, receipts }: ClientStore,
  self: DeviceRef,
  { mailbox, from, time, statuses }: StatusMessage,
): void {
  if (from.user === self.user) return;
  for (const { messageId, status } of statuses) {
    if (status !== "delivered" && status !== "read") continue;
    if (messages.byMessageId(mailbox, messageId)?.user !== self.user) continue;
    receipts.add(mailbox, messageId, from, { read: status === "read", time });
  }
}
