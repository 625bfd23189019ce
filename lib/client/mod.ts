/**
 * The client: identities, conversations, sending and receiving.
 *
 * @module
 */
export { Client } from "./client.ts";
export type {
  ClientOptions,
  ConnectionState,
  RunListener,
  SentMessage,
  UserPresence,
} from "./client_types.ts";
export { enroll, type Enrolled, type EnrollOptions } from "./enroll.ts";
export {
  type EnrollmentPlace,
  type EnrollmentRight,
  parseEnrollmentPlace,
  type TrustedAuthority,
} from "./enrollment_right.ts";
export {
  type IdentityFacts,
  identityPath,
  listIdentities,
  readIdentityFacts,
  selectIdentity,
} from "./identity_folder.ts";
export type { KeyKeeper } from "./identity.ts";
export type { ReceivedMessage } from "./received_message.ts";
export type { PassphraseSource } from "./storage_key.ts";
