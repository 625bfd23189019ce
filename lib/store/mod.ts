/**
 * Storage: interfaces, and their implementations on SQLite.
 *
 * @module
 */
export { openDatabase, type OpenDatabaseOptions } from "./open_database.ts";
export { toStorageError } from "./storage_error.ts";
export { ArchiveReader } from "./archive_reader.ts";
export { type ArchivedTableName, archivedTables, type ArchiveValue } from "./archive_tables.ts";
export { type ArchiveColumns, ArchiveWriter, parseArchiveColumns } from "./archive_writer.ts";
export { AtomicFile, syncFolder, type WriteFileOptions } from "./atomic_file.ts";
export { CellCipher } from "./cell_cipher.ts";
export { ClientStore, type ClientStoreOptions, type ClientTables } from "./client_store.ts";
export { type SyncedKind, type SyncedRow, SyncedTable } from "./synced_table.ts";
export { type FactName, FactTable } from "./fact_table.ts";
export { GroupProfileTable } from "./group_profile_table.ts";
export { type GroupRows, GroupTable, type KeyAge, type MemberRow, type SeatedMember } from "./group_table.ts";
export { type KeyPackageRow, KeyPackageTable } from "./key_package_table.ts";
export { type MailboxRow, type MailboxRowState, MailboxTable } from "./mailbox_table.ts";
export { type ConversationUsage, HistoryTable, type LineRange } from "./history_table.ts";
export {
  type ContentIndex,
  type ContentKind,
  type MessageRow,
  type NewMessageRow,
  receiptStates,
} from "./message_row.ts";
export { type MessageHead, MessageTable } from "./message_table.ts";
export { type OwedReceipt, type ReceiptRow, ReceiptTable } from "./receipt_table.ts";
export { type RelayReceiptRow, RelayReceiptTable } from "./relay_receipt_table.ts";
export { type FileBatchRow, type FilePlace, type FileRow, type FileState, FileTable } from "./file_table.ts";
export { type SearchableLine, type SearchBlock, type SearchSpan, SearchTable } from "./search_table.ts";
export type { SearchText } from "./search_block.ts";
export { ResendTable } from "./resend_table.ts";
export { type OutboxRow, OutboxTable, type SealedRow } from "./outbox_table.ts";
export { type PendingCommitRow, PendingCommitTable } from "./pending_commit_table.ts";
export {
  type AppendRequest,
  type CommitRequest,
  defaultMailboxLimits,
  type MailboxLimits,
} from "./admit_entry.ts";
export type { LogRecord, MemberChange } from "./log_record.ts";
export type { Outcome } from "./group_commit.ts";
export { isCurrent, type MailboxState, mayRead, type Membership } from "./mailbox_state.ts";
export type {
  AckRequest,
  EntryPage,
  MailboxHead,
  MailboxReaders,
  MailboxStore,
  NewEntries,
  Place,
} from "./mailbox_store.ts";
export { applyProjection, type MembershipChanges, projectEntry, type Projection } from "./project_entry.ts";
export { SqliteMailboxStore, type SqliteMailboxStoreOptions } from "./sqlite_mailbox_store.ts";
export {
  type CaFolder,
  type CaKeyKeeper,
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
} from "./write_file_atomically.ts";
export { RelayFolder } from "./relay_folder.ts";
export {
  BlobStore,
  type BlobStoreOptions,
  type BlobUsage,
  type DeclaredBlob,
  type ReadersOf,
} from "./blob_store.ts";
export type { BlobFacts, BlobTotals } from "./blob_catalog.ts";
export { type BlobDisk, type BlobFile, FolderBlobDisk } from "./blob_disk.ts";
export { type BlobLimits, defaultBlobLimits } from "./blob_limits.ts";
