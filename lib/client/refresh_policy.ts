import type { KeyAge } from "../store/mod.ts";

const HOUR_MS = 3_600_000;
/** New keys after so many own messages: what one stolen state can read ends there. */
const MAX_SENT = 200;
/** Before sending, keys are at most so old; */
const MAX_AGE_MS = 24 * HOUR_MS;
/** those of a device that sends nothing, so old. */
const MAX_IDLE_AGE_MS = 7 * 24 * HOUR_MS;
/** In large groups keys live longer, so that all members together commit at most so often. */
const MIN_COMMIT_INTERVAL_MS = 10 * 60_000;

/**
 * Whether this device is to make new keys for itself in a group (RFC 9420 §16.6). A device that joined by a
 * last-resort key package has keys that others may share; they count as being of 1970.
 */
export function isRefreshDue(
  { refreshed, sent }: KeyAge,
  { members, now, sending }: { members: number; now: number; sending: boolean },
): boolean {
  const maxAgeMs = Math.max(sending ? MAX_AGE_MS : MAX_IDLE_AGE_MS, members * MIN_COMMIT_INTERVAL_MS);
  return sent >= MAX_SENT || now - refreshed >= maxAgeMs;
}
