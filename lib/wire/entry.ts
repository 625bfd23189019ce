import * as v from "valibot";
import { limits } from "./limits.ts";
import { type DeviceRef, deviceRefSchema, mailboxSchema } from "./names.ts";

/** The length of the identifiers that clients give to what they append. */
export const ENTRY_ID_BYTES = 16;

/** A whole number that fits CBOR and SQLite. */
export const countSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What a date can be, in milliseconds since 1970; beyond it nothing can be shown. */
export const MAX_TIME = 8_640_000_000_000_000;

/** A time in milliseconds since 1970. */
export const timeSchema = v.pipe(countSchema, v.maxValue(MAX_TIME));

/** A byte string of at most `maxBytes`. */
export function bytesSchema(
  maxBytes: number,
  minBytes = 0,
): v.GenericSchema<unknown, Uint8Array<ArrayBuffer>> {
  return v.custom<Uint8Array<ArrayBuffer>>(
    (input) => input instanceof Uint8Array && input.length <= maxBytes && input.length >= minBytes,
    `expected ${minBytes} to ${maxBytes} bytes`,
  );
}

/** An identifier chosen at random by whoever appends; a second append with it changes nothing. */
export const entryIdSchema = bytesSchema(ENTRY_ID_BYTES, ENTRY_ID_BYTES);

/**
 * One entry of a mailbox.
 *
 * `message` and `commit` hold an MLSMessage (RFC 9420 §6) that a member appended to a conversation;
 * `welcome` stands in a device's mailbox and says which entry of which conversation added the device;
 * `expired` was a message, whose sender gave it a time that is up: nothing is left of its body.
 */
export interface Entry {
  /** Position in the mailbox, from 1, without gaps at the time of appending. */
  seq: number;
  /** Chosen by whoever appended it. */
  id: Uint8Array<ArrayBuffer>;
  /** What the body is. */
  kind: "message" | "commit" | "welcome" | "expired";
  /** Taken by the relay from the sender's certificate; members believe the MLS credential only. */
  from: DeviceRef;
  /** Milliseconds since 1970 by the relay's clock. */
  time: number;
  /** An MLSMessage; for a welcome, of wire format mls_welcome; nothing where it has expired. */
  body: Uint8Array<ArrayBuffer>;
  /** For a welcome: the conversation that it opens, and the entry there that added this device. */
  conversation?: { mailbox: string; seq: number };
}

/** Checks an entry. */
export const entrySchema: v.GenericSchema<unknown, Entry> = v.strictObject({
  seq: countSchema,
  id: entryIdSchema,
  kind: v.picklist(["message", "commit", "welcome", "expired"]),
  from: deviceRefSchema,
  time: timeSchema,
  body: bytesSchema(limits.maxWelcomeBytes),
  conversation: v.optional(v.strictObject({ mailbox: mailboxSchema, seq: countSchema })),
});
