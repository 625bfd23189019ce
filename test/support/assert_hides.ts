import assert from "node:assert/strict";
import { inspect } from "node:util";

/** A byte that no other part of a record under test has, in decimal or hexadecimal. */
export const SECRET_BYTE = 0xd7;

/** Asserts that no way of printing a value shows bytes of a secret that has {@link SECRET_BYTE} in each place. */
export function assertHides(value: unknown): void {
  for (const text of printed(value)) assert.doesNotMatch(text, SHOWN);
  // Bytes as they are would be shown, in each way: else nothing is proven.
  for (const text of printed({ key: new Uint8Array(32).fill(SECRET_BYTE) })) assert.match(text, SHOWN);
}

const SHOWN = /\b215\b|d7 ?d7/i;

function printed(value: unknown): string[] {
  const options = { depth: 9, showHidden: true };
  return [Deno.inspect(value, options), inspect(value, options), JSON.stringify(value)];
}
