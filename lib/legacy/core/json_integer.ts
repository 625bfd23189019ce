import { DecodeError } from "../../errors/mod.ts";

/**
 * Parses an integer in decimal of at most so many digits, however large the integers of the runtime are.
 *
 * @throws {DecodeError} `message-malformed`
 */
export function parseInteger(digits: string, maxDigits: number): bigint {
  if (digits.length <= maxDigits && /^\d+$/.test(digits)) return BigInt(digits);
  throw new DecodeError("message-malformed", "the message is malformed");
}

/**
 * Returns a reviver for `JSON.parse` that makes a bigint of every number: it takes the digits from the source, where
 * the runtime gives it. It throws what {@link parseInteger} throws.
 */
export function integerReviver(
  maxDigits: number,
): (key: string, value: unknown, context?: { readonly source?: string }) => unknown {
  return (_key, value, context) =>
    typeof value === "number" ? parseInteger(context?.source ?? "", maxDigits) : value;
}
