/**
 * Five small classic systems that parley speaks as profiles, for study, migration and comparison. All of them are
 * weak, each in its own way, and say so.
 *
 * @module
 */
export { type Dialect, DIALECTS } from "./core/dialect.ts";
export type { Cut, Cutter } from "./core/message_reader.ts";
export { assertListenAddress, isLoopback } from "./core/listen_address.ts";
export type * from "./core/profile.ts";
export { importParts, type ProfileParts } from "./import_parts.ts";
export { PROFILE_NAMES, profiles } from "./registry.ts";
