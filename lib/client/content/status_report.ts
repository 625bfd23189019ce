import { UsageError } from "../../errors/mod.ts";
import { CborReader } from "./cbor_reader.ts";
import { CborWriter } from "./cbor_writer.ts";
import { decodeMessageId } from "./decode_mimi_content.ts";
import { writeMessageId } from "./encode_mimi_content.ts";
import type { MessageId } from "./mimi_content.ts";

/** The media type of a report. */
export const STATUS_TYPE = "application/mimi-message-status";

/** Messages that one report may speak of. */
export const maxStatuses = 1_000;

/** What a device says of a message (draft-mahy-mimi-message-status-01 §3). */
export type StatusName = "unread" | "delivered" | "read" | "expired" | "deleted" | "hidden" | "error";

/** The names of the statuses in the order of their values. */
const statusNames: readonly StatusName[] = [
  "unread",
  "delivered",
  "read",
  "expired",
  "deleted",
  "hidden",
  "error",
];

/** What a device says of one message. */
export interface MessageStatus {
  /** Which message. */
  messageId: MessageId;
  /** Its status, or the value (7 to 255) of one that has no name here. */
  status: StatusName | number;
}

/**
 * Encodes a report (draft-mahy-mimi-message-status-01 §4): `[* [messageId, status]]`. It has no time of its
 * own: what counts is when the relay took the message that it stands in.
 *
 * @throws {UsageError} `statuses-out-of-bounds` for none or more than {@link maxStatuses}
 */
export function encodeStatuses(statuses: MessageStatus[]): Uint8Array {
  if (statuses.length === 0 || statuses.length > maxStatuses) {
    throw new UsageError("statuses-out-of-bounds", `a report speaks of 1 to ${maxStatuses} messages`);
  }
  const writer = new CborWriter().array(statuses.length);
  for (const { messageId, status } of statuses) {
    const value = typeof status === "number" ? status : statusNames.indexOf(status);
    writer.array(2);
    writeMessageId(writer, messageId, "messageId");
    writer.uint(value, "status", 255);
  }
  return writer.finish();
}

/**
 * Decodes a report.
 *
 * @throws {DecodeError} `content-malformed`, `truncated`
 */
export function decodeStatuses(bytes: Uint8Array): MessageStatus[] {
  const reader = new CborReader(bytes);
  const count = reader.array("statuses");
  if (count > maxStatuses) throw reader.malformed("statuses");
  const statuses = Array.from({ length: count }, () => {
    reader.array("status", 2);
    const messageId = decodeMessageId(reader, "messageId");
    if (messageId === null) throw reader.malformed("messageId");
    const value = reader.uint("status", 255);
    return { messageId, status: statusNames[value] ?? value };
  });
  reader.end("statuses");
  return statuses;
}
