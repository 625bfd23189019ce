/**
 * Messaging Layer Security (RFC 9420): the only door to ts-mls. Everything that goes in and out is bytes
 * or plain objects, so that the library can be exchanged. No I/O: the caller keeps the state.
 *
 * @module
 */
export { checkMembers } from "./check_members.ts";
export { type CommitChanges, createCommit, type CreatedCommit, type PendingState } from "./create_commit.ts";
export { createGroup } from "./create_group.ts";
export { decodePendingState, encodePendingState } from "./pending_state.ts";
export {
  type CredentialCheck,
  type CredentialHolder,
  type MlsContext,
  type MlsIdentity,
  openMlsContext,
} from "./context.ts";
export { exportSecret } from "./export_secret.ts";
export { GroupEpoch } from "./group_epoch.ts";
export { deriveRatchet, type GroupSnapshot, type Member, ratchetOf } from "./group_snapshot.ts";
export { createGroupInfo } from "./group_info.ts";
export { type ExternalJoin, joinExternal } from "./join_external.ts";
export { joinGroup, readWelcome } from "./join_group.ts";
export { type GeneratedKeyPackage, generateKeyPackage, readKeyPackage } from "./key_package.ts";
export { type OpenedMessage, openMessage, type SenderLookup } from "./open_message.ts";
export { padToBucket } from "./padding.ts";
export { processCommit, type ProcessedCommit } from "./process_commit.ts";
export { type SealedMessage, sealMessage } from "./seal_message.ts";
export { defaultSuite, interoperableSuite, type SupportedSuite } from "./provider.ts";
