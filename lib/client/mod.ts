/**
 * The client: identities, conversations, sending and receiving.
 *
 * @module
 */
export { type BackupOptions, Backups, type BackupSummary } from "./backup/backups.ts";
export type { BackupCounts } from "./backup/backup_record.ts";
export { restoreBackup, type RestoredIdentity, type RestoreOptions } from "./backup/restore_backup.ts";
export { Client } from "./client.ts";
export type {
  ClientOptions,
  ConnectionState,
  RunListener,
  SentMessage,
  UserPresence,
} from "./client_types.ts";
export type { FileToSend } from "./files/file_batch.ts";
export type { FileItem } from "./files/file_item.ts";
export { Files } from "./files/files.ts";
export type { OutgoingFiles } from "./files/outgoing_files.ts";
export type { FilesMessage, FilesProgress, PendingFiles, SendFilesOptions } from "./files/outgoing_types.ts";
export type { ContentTransfers, IncomingFiles, SavedFile } from "./files/incoming_files.ts";
export type { FileDescriptor } from "./files/file_descriptor.ts";
export { type FolderPacking, importPacking } from "./files/import_packing.ts";
export { FileTransfers, type FileTransfersOptions } from "./files/file_transfers.ts";
export type {
  DownloadOptions,
  PendingUpload,
  TransferOptions,
  TransferProgress,
  UploadedFile,
  UploadOptions,
  UploadSource,
} from "./files/transfer_types.ts";
export { type DeviceInvite, Devices, type OwnDevice } from "./devices/devices.ts";
export { storeEpoch, toSnapshot } from "./group_state.ts";
export { encodeRoster, type Roster } from "./groups/roster.ts";
export type { GroupChange } from "./groups/group_change.ts";
export type { GroupMember, Groups, GroupSummary } from "./groups/groups.ts";
export { enroll, type Enrolled, type EnrollOptions } from "./enroll.ts";
export {
  type EnrollmentPlace,
  type EnrollmentRight,
  invitedDevice,
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
export type { DeliveryLevel } from "./client_types.ts";
export type { Composer } from "./delivery/composer.ts";
export type { Delivery } from "./delivery/delivery.ts";
export type { Draft } from "./delivery/draft.ts";
export type { MessageStatusFacts, RelayReceipt, UserStatus } from "./delivery/message_status.ts";
export type { ReceiptPolicy } from "./delivery/receipt_reporter.ts";
export { waitUntil } from "./delivery/wait_until.ts";
export type { HistoryLine, ReactionSummary } from "./history/history_line.ts";
export type { History, HistoryQuery, HistoryUsage } from "./history/history.ts";
export type { NamedFile, ReceivedMessage, UnshownPart } from "./received_message.ts";
export { type ComparedDevice, People, type Verification, type VerificationState } from "./people/people.ts";
export type { VerifiedDevice } from "./people/device_keys.ts";
export type { DeviceKey } from "./people/mark.ts";
export { formatSafetyNumber } from "./people/safety_number.ts";
export type { PassphraseSource } from "./storage_key.ts";
export { readRatchet } from "./ratchets.ts";
