import { UsageError } from "../errors/mod.ts";

/** One day, in milliseconds. */
export const DAY_MS = 24 * 60 * 60_000;

/** X.509 has four digits for the year (RFC 5280 §4.1.2.5). */
const LATEST_MS = Date.UTC(9999, 11, 31);

/**
 * When what begins `now` and lasts `lifetimeMs` milliseconds ends.
 *
 * @throws {UsageError} `lifetime-malformed` where that is not after `now`, or not before the year 10000
 */
export function endOfLifetime(now: Date, lifetimeMs: number): Date {
  const end = now.getTime() + lifetimeMs;
  if (lifetimeMs > 0 && end <= LATEST_MS) return new Date(end);
  throw new UsageError("lifetime-malformed", "it cannot be valid for that long", {
    hint: "give a time of at least a moment that ends before the year 10000",
  });
}
