/**
 * Storage: interfaces, and their implementations on SQLite.
 *
 * @module
 */
export { openDatabase, type OpenDatabaseOptions } from "./open_database.ts";
export { toStorageError } from "./storage_error.ts";
export { CellCipher } from "./cell_cipher.ts";
export { ClientStore, type ClientStoreOptions, type ClientTables } from "./client_store.ts";
export { type FactName, FactTable } from "./fact_table.ts";
export { type GroupRows, GroupTable, type MemberRow } from "./group_table.ts";
export { type KeyPackageRow, KeyPackageTable } from "./key_package_table.ts";
export { type MailboxRow, MailboxTable } from "./mailbox_table.ts";
export { type MessageRow, MessageTable } from "./message_table.ts";
export { type OutboxRow, OutboxTable, type SealedRow } from "./outbox_table.ts";
export { type PendingCommitRow, PendingCommitTable } from "./pending_commit_table.ts";
export {
  type AppendRequest,
  type CommitRequest,
  defaultMailboxLimits,
  type MailboxLimits,
} from "./admit_entry.ts";
export type { LogRecord, MemberChange } from "./log_record.ts";
export { type MailboxState, mayRead, type Membership } from "./mailbox_state.ts";
export type { EntryPage, MailboxHead, MailboxStore, NewEntries, Place } from "./mailbox_store.ts";
export { applyProjection, type MembershipChanges, projectEntry, type Projection } from "./project_entry.ts";
export { SqliteMailboxStore, type SqliteMailboxStoreOptions } from "./sqlite_mailbox_store.ts";
export {
  type CaFolder,
  type CaKeyKeeper,
  caNeedsPassphrase,
  holdsCa,
  initCa,
  type InitCaOptions,
  openCa,
  type OpenCaOptions,
} from "./ca_store.ts";
export { SqliteCaLog } from "./ca_store_log.ts";
export {
  initIntermediateCa,
  type InitIntermediateCaOptions,
  type IntermediateCa,
  rootCaFolder,
} from "./ca_store_intermediate.ts";
export { issueServerFiles, type IssueServerFilesOptions, writeCrlFile } from "./ca_store_issue.ts";
export {
  fileIsThere,
  moveFolder,
  refuseExistingFiles,
  writeFileAtomically,
  type WriteFileOptions,
} from "./write_file_atomically.ts";
export { RelayFolder } from "./relay_folder.ts";
