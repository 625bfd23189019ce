/**
 * Five small classic systems that parley speaks as profiles, for study, migration and comparison. All of them are
 * weak, each in its own way, and say so.
 *
 * @module
 */
export {
  assertListenAddress,
  type CertificateIssuer,
  type ConnectOptions,
  type Dialect,
  DIALECTS,
  isLoopback,
  type KeyFile,
  type MakeKeysOptions,
  type Profile,
  type ProfileConsole,
  type ProfileEnvironment,
  type ProfileEvent,
  type ProfileServer,
  type SendOptions,
  type ServeOptions,
  type Weakness,
} from "./core/mod.ts";
export { PROFILE_NAMES, profiles } from "./registry.ts";
