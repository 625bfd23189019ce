/**
 * The relay: sessions, fan-out, presence, the enrolment service, quotas.
 *
 * @module
 */
export type { RelayAuthority } from "./authority_watch.ts";
export { type Relay, type RelayOptions, startRelay } from "./relay.ts";
export type { RelayCounters, RelayStats } from "./relay_counters.ts";
export { defaultRelayLimits, type RelayLimits } from "./relay_limits.ts";
export type { RelayLog } from "./relay_log.ts";
