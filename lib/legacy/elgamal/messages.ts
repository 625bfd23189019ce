import * as v from "valibot";
import { decodeBase64, encodeBase64 } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { CBC_IV_BYTES, parseMessage } from "../core/mod.ts";
import type { Signature } from "./signature.ts";
import { type Spelling, SPELLINGS } from "./parameters.ts";

/** The longest payload of an event. */
export const MAX_PAYLOAD_CHARS = 64 * 1024;
/** A 2,048-bit integer has 617 digits; whoever sends more wants the arithmetic to take long. */
const MAX_DIGITS = 620;

/** A Diffie-Hellman value and the ElGamal signature over it. */
export interface SignedValue extends Signature {
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
const signature = { s1: v.bigint(), s2: v.bigint() };
const signedValues = {
  deff: v.pipe(
    v.object({ deff_public_key: v.bigint(), ...signature }),
    v.transform(({ deff_public_key: value, s1, s2 }) => ({ value, s1, s2 })),
  ),
  diff: v.pipe(
    v.object({ diff_public_key: v.bigint(), ...signature }),
    v.transform(({ diff_public_key: value, s1, s2 }) => ({ value, s1, s2 })),
  ),
};
const sealedMessage = v.object({ message: v.string(), iv: v.string() });

/** Whether an event's argument is a payload, as all of the protocol's are: a text that is not too long. */
export function isPayload(argument: unknown): argument is string {
  return v.is(payloadText, argument);
}

/**
 * Parses an ElGamal public key: an integer in decimal.
 *
 * @throws {DecodeError} `message-malformed`
 */
export function parsePublicKey(payload: string): bigint {
  return parseInteger(payload);
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
  return parseMessage(signedValues[spelling], payload, bigIntegers);
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
  if (sealed.iv.length !== CBC_IV_BYTES) throw malformed();
  return sealed;
}

/** Formats what {@link parseSealed} parses. */
export function formatSealed({ ciphertext, iv }: SealedMessage): string {
  return `{"message": "${encodeBase64(ciphertext)}", "iv": "${encodeBase64(iv)}"}`;
}

/** A reviver that takes a number's digits from the source, where the runtime gives it. */
function bigIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" ? parseInteger(context?.source ?? "") : value;
}

function parseInteger(digits: string): bigint {
  if (digits.length > MAX_DIGITS || !/^\d+$/.test(digits)) throw malformed();
  return BigInt(digits);
}

function malformed(): DecodeError {
  return new DecodeError("message-malformed", "the message is malformed");
}
