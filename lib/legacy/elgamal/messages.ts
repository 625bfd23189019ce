import * as v from "valibot";
import { decodeBase64, encodeBase64 } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import {
  CBC_IV_BYTES,
  type ElgamalSignature,
  integerReviver,
  parseInteger,
  parseMessage,
  parseSchema,
} from "../core/mod.ts";
import { type Spelling, SPELLINGS } from "./parameters.ts";

/** The longest payload of an event. */
export const MAX_PAYLOAD_CHARS = 64 * 1024;
/** A 2,048-bit integer has 617 digits; whoever sends more wants the arithmetic to take long. */
const MAX_DIGITS = 620;

/** What clients send each other through the server: how it is delivered, and what it is. */
export const EVENTS = {
  ELGAMAL_PK: { delivered: "ELGAMAL_PK_BC", type: "signing-key" },
  DEFF_HELLMAN_PK: { delivered: "DEFF_HELLMAN_PK_BC", type: "value", spelling: "deff" },
  DIFF_HELLMAN_PK: { delivered: "DIFF_HELLMAN_PK_BC", type: "value", spelling: "diff" },
  message: { delivered: "received_message", type: "message" },
} as const;

/** What starts the exchange. */
export const START = "KEY_EXCHANGE";

const deliveries = new Map(Object.values(EVENTS).map((event) => [event.delivered as string, event]));

/** Who sends something, in the documented dialect, and what. */
interface Delivery {
  readonly from: string | undefined;
  readonly payload: string;
}

/** What arrives at a client. */
export type Incoming =
  /** The server starts the exchange. `members` and `self`: the documented dialect only. */
  | { readonly type: "start"; readonly members: readonly string[] | undefined; readonly self: string }
  | Delivery & { readonly type: "signing-key" | "message" }
  | Delivery & { readonly type: "value"; readonly spelling: Spelling };

/** A Diffie-Hellman value and the ElGamal signature over it. */
export interface SignedValue extends ElgamalSignature {
  /** The value. */
  readonly value: bigint;
}

/** A message under the key that two share. */
export interface SealedMessage {
  /** The ciphertext. */
  readonly ciphertext: Uint8Array;
  /** The initialisation vector, 16 bytes. */
  readonly iv: Uint8Array;
}

const payloadText = v.pipe(v.string(), v.maxLength(MAX_PAYLOAD_CHARS));
const memberNames = v.pipe(v.array(v.string()), v.maxLength(1000));
const signedValue = v.object({ value: v.bigint(), s1: v.bigint(), s2: v.bigint() });
const sealedMessage = v.object({ message: v.string(), iv: v.string() });

/** Whether an event's argument is a payload, as all of the protocol's are: a text that is not too long. */
export function isPayload(argument: unknown): argument is string {
  return v.is(payloadText, argument);
}

/** Parses an event that has arrived; undefined where it is none of the protocol's. */
export function parseIncoming(event: string, [first, second]: readonly unknown[]): Incoming | undefined {
  if (event === START) {
    return { type: "start", members: v.is(memberNames, first) ? first : undefined, self: String(second) };
  }
  const delivery = deliveries.get(event);
  if (delivery === undefined || !isPayload(first)) return undefined;
  return { ...delivery, payload: first, from: typeof second === "string" ? second : undefined };
}

/**
 * Parses an ElGamal public key, which is sent in decimal.
 *
 * @throws {DecodeError} `message-malformed`
 */
export function parseSigningKey(digits: string): bigint {
  return parseInteger(digits, MAX_DIGITS);
}

/**
 * Parses a signed Diffie-Hellman value: a JSON object of integers, which may be larger than JSON's numbers usually.
 *
 * ```text
 * {"diff_public_key": 925, "s1": 326, "s2": 825}
 * ```
 *
 * @throws {DecodeError} `message-malformed`
 */
export function parseSignedValue(payload: string, spelling: Spelling): SignedValue {
  const members = parseMessage(v.record(v.string(), v.unknown()), payload, integerReviver(MAX_DIGITS));
  return parseSchema(signedValue, { ...members, value: members[SPELLINGS[spelling].field] });
}

/** Formats what {@link parseSignedValue} parses. */
export function formatSignedValue({ value, s1, s2 }: SignedValue, spelling: Spelling): string {
  return `{"${SPELLINGS[spelling].field}": ${value}, "s1": ${s1}, "s2": ${s2}}`;
}

/**
 * Parses a sealed message.
 *
 * ```text
 * {"message": base64, "iv": base64}
 * ```
 *
 * @throws {DecodeError} `message-malformed`, `base64-malformed`
 */
export function parseSealed(payload: string): SealedMessage {
  const { message, iv } = parseMessage(sealedMessage, payload);
  const sealed = { ciphertext: decodeBase64(message), iv: decodeBase64(iv) };
  if (sealed.iv.length === CBC_IV_BYTES) return sealed;
  throw new DecodeError("message-malformed", "the message is malformed");
}

/** Formats what {@link parseSealed} parses. */
export function formatSealed({ ciphertext, iv }: SealedMessage): string {
  return `{"message": "${encodeBase64(ciphertext)}", "iv": "${encodeBase64(iv)}"}`;
}
