import { UsageError } from "../../errors/mod.ts";
import type { Expiration } from "./mimi_content.ts";

const SECOND_MS = 1_000;
/** A year: what lies further away is no sensible value (draft-ietf-mimi-content-09 §9.1). */
const MAX_SECONDS = 366 * 24 * 60 * 60;

/**
 * Lets a message vanish at a time, read or not. Seconds are rounded up.
 *
 * @throws {UsageError} `expiry-malformed` for a time that 32 bits do not hold
 */
export function expireAt(time: Date): Expiration {
  const seconds = Math.ceil(time.getTime() / SECOND_MS);
  if (!(seconds > 0 && seconds <= 0xffff_ffff)) throw malformed("a time between 1970 and 2106");
  return { relative: false, time: seconds };
}

/**
 * Lets a message vanish some whole seconds after it was read.
 *
 * @throws {UsageError} `expiry-malformed` for less than a second or more than a year
 */
export function expireAfter(seconds: number): Expiration {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) {
    throw malformed("between a second and a year");
  }
  return { relative: true, time: seconds };
}

/** When a message is to vanish, in milliseconds since 1970; `readAtMs` is when it was read. */
export function expiryMs(expires: Expiration, readAtMs: number): number {
  return expires.time * SECOND_MS + (expires.relative ? readAtMs : 0);
}

/** Whether an expiry lies within a year of now; the draft wants other messages discarded (§9.1). */
export function isPlausibleExpiration(expires: Expiration, nowMs: number): boolean {
  return Math.abs(expiryMs(expires, nowMs) - nowMs) <= MAX_SECONDS * SECOND_MS;
}

function malformed(expected: string): UsageError {
  return new UsageError("expiry-malformed", `a message cannot expire then: expected ${expected}`);
}
