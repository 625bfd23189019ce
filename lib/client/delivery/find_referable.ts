import { UsageError } from "../../errors/mod.ts";
import type { ClientStore, MessageRow } from "../../store/mod.ts";
import { limits } from "../../wire/mod.ts";
import { type Expiration, expireAt } from "../content/mod.ts";
import { findLine } from "../history/find_line.ts";

/** A message that another one can refer to. */
export interface Referable {
  /** The message's own id, which all devices know it by. */
  messageId: Uint8Array;
  /** Its line. */
  row: MessageRow;
}

/**
 * Finds the message of a conversation that is to be answered or changed, by its line's id or the first digits of it.
 *
 * @throws {UsageError} `message-id-malformed`, `message-unknown`, `message-ambiguous`, `message-unfit`
 */
export function findReferable(store: ClientStore, mailbox: string, id: string): Referable {
  const row = findLine(store, id, mailbox);
  const messageId = row.index?.messageId;
  const fits = ["text", "files", "other", "reaction"].includes(row.index?.what ?? "");
  if (messageId !== undefined && fits) return { messageId, row };
  throw new UsageError("message-unfit", "that line is no message that could be answered or changed", {
    hint: "name the message itself, not what edits or deletes it",
  });
}

/**
 * Lets a message vanish some milliseconds from a time on; not at all where nothing is said.
 *
 * @throws {UsageError} `expiry-malformed` for less than a second and more than a year
 */
export function expireIn(inMs: number | undefined, now: Date): Expiration | undefined {
  if (inMs === undefined) return undefined;
  if (inMs >= 1_000 && inMs <= limits.maxExpirySeconds * 1_000) {
    return expireAt(new Date(now.getTime() + inMs));
  }
  throw new UsageError("expiry-malformed", "a message lasts between a second and a year");
}
