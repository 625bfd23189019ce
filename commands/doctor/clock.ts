import { fail, type Finding, ok, warn } from "./finding.ts";

/** No copy of this program is older. */
const PROGRAM_BEGAN_MS = Date.UTC(2025, 0, 1);
const SLIGHT_MS = 10_000;
/** Relays and clients bear this much when a certificate begins or ends. */
const TOLERATED_MS = 5 * 60_000;

/** Tells whether the clock can be right at all. */
export function checkClock(nowMs: number): Finding {
  const time = new Date(nowMs).toISOString();
  if (nowMs >= PROGRAM_BEGAN_MS) return ok("clock", time);
  return fail("clock", `${time} lies before this program was made`, "set the clock, best by NTP");
}

/** Compares the clock with the relay's, which was asked at some moment between two. */
export function compareClocks(
  check: string,
  relayMs: number,
  { sentMs, receivedMs }: { sentMs: number; receivedMs: number },
): Finding {
  const differenceMs = Math.max(sentMs - relayMs, relayMs - receivedMs, 0);
  const detail = `${(differenceMs / 1000).toFixed(1)} s apart from this machine's`;
  const hint = "set both clocks, best by NTP: certificates begin and end by them";
  if (differenceMs > TOLERATED_MS) return fail(check, detail, hint);
  return differenceMs > SLIGHT_MS ? warn(check, detail, hint) : ok(check, detail);
}
