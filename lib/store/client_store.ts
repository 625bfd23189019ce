import type { DatabaseSync } from "node:sqlite";
import { ArchiveWriter } from "./archive_writer.ts";
import type { CellCipher } from "./cell_cipher.ts";
import { clientMigrations } from "./client_schema.ts";
import { FactTable } from "./fact_table.ts";
import { FileTable } from "./file_table.ts";
import { FolderLock } from "./folder_lock.ts";
import { GroupProfileTable } from "./group_profile_table.ts";
import { GroupTable } from "./group_table.ts";
import { HistoryTable } from "./history_table.ts";
import { KeyPackageTable } from "./key_package_table.ts";
import { MailboxTable } from "./mailbox_table.ts";
import { MessageTable } from "./message_table.ts";
import { openDatabase } from "./open_database.ts";
import { OutboxTable } from "./outbox_table.ts";
import { PendingCommitTable } from "./pending_commit_table.ts";
import { ReceiptTable } from "./receipt_table.ts";
import { RelayReceiptTable } from "./relay_receipt_table.ts";
import { ResendTable } from "./resend_table.ts";
import { SearchTable } from "./search_table.ts";
import { toStorageError } from "./storage_error.ts";
import { SyncedTable } from "./synced_table.ts";

/** What a client keeps, table by table. */
export interface ClientTables {
  /** Cursors. */
  readonly mailboxes: MailboxTable;
  /** MLS states. */
  readonly groups: GroupTable;
  /** What groups are called, and who leaves them. */
  readonly groupProfiles: GroupProfileTable;
  /** Commits whose fate is not known. */
  readonly pendingCommits: PendingCommitTable;
  /** Messages that the relay has not got yet. */
  readonly outbox: OutboxTable;
  /** The lines of the history. */
  readonly messages: MessageTable;
  /** The history as it is read. */
  readonly history: HistoryTable;
  /** What is searched of it. */
  readonly search: SearchTable;
  /** What becomes of messages. */
  readonly receipts: ReceiptTable;
  /** What the relay has signed. */
  readonly relayReceipts: RelayReceiptTable;
  /** Messages to be asked for again. */
  readonly resends: ResendTable;
  /** One's own key packages. */
  readonly keyPackages: KeyPackageTable;
  /** What concerns the identity as a whole. */
  readonly facts: FactTable;
  /** What all devices of this user are to know. */
  readonly synced: SyncedTable;
  /** Files that messages name, and those that are being sent. */
  readonly files: FileTable;
}

/** How to open a client's store. */
export interface ClientStoreOptions {
  /** Encrypts what is secret. */
  cipher: CellCipher;
  /** What others read while this process holds the lock, such as `parley send (pid 17)`. */
  holder: string;
  /** How long to wait for another process. Default 10,000 ms. */
  lockTimeoutMs?: number;
}

/**
 * The database of one identity. Several processes may have it open: whoever writes holds the folder's lock,
 * for the length of one transaction. Reading needs no lock.
 */
export class ClientStore implements ClientTables {
  readonly mailboxes: MailboxTable;
  readonly groups: GroupTable;
  readonly groupProfiles: GroupProfileTable;
  readonly pendingCommits: PendingCommitTable;
  readonly outbox: OutboxTable;
  readonly messages: MessageTable;
  readonly history: HistoryTable;
  readonly search: SearchTable;
  readonly receipts: ReceiptTable;
  readonly relayReceipts: RelayReceiptTable;
  readonly resends: ResendTable;
  readonly keyPackages: KeyPackageTable;
  readonly facts: FactTable;
  readonly synced: SyncedTable;
  readonly files: FileTable;
  /** Puts archives back. */
  readonly archive: ArchiveWriter;
  readonly #db: DatabaseSync;
  readonly #lock: FolderLock;
  readonly #waiting: Change[] = [];
  #working: Promise<void> | undefined;

  private constructor(db: DatabaseSync, lock: FolderLock, cipher: CellCipher) {
    this.#db = db;
    this.#lock = lock;
    this.mailboxes = new MailboxTable(db);
    this.groups = new GroupTable(db, cipher);
    this.groupProfiles = new GroupProfileTable(db, cipher);
    this.pendingCommits = new PendingCommitTable(db, cipher);
    this.outbox = new OutboxTable(db, cipher);
    this.messages = new MessageTable(db, cipher);
    this.history = new HistoryTable(db, cipher);
    this.search = new SearchTable(db, cipher);
    this.receipts = new ReceiptTable(db);
    this.relayReceipts = new RelayReceiptTable(db);
    this.resends = new ResendTable(db, cipher);
    this.keyPackages = new KeyPackageTable(db, cipher);
    this.facts = new FactTable(db);
    this.synced = new SyncedTable(db, cipher);
    this.files = new FileTable(db, cipher);
    this.archive = new ArchiveWriter(db, cipher);
  }

  /**
   * Opens `parley.db` and `lock` in an identity's folder.
   *
   * @throws {StorageError}
   */
  static open(folder: string, options: ClientStoreOptions): ClientStore {
    const db = openDatabase(`${folder}/parley.db`, { migrations: clientMigrations });
    try {
      // What was deleted must not linger in free pages: spent keys and messages are deleted rows.
      db.exec("PRAGMA secure_delete = ON");
      const lock = FolderLock.open(`${folder}/lock`, options.holder, options.lockTimeoutMs ?? 10_000);
      return new ClientStore(db, lock, options.cipher);
    } catch (error) {
      db.close();
      throw toStorageError(error);
    }
  }

  /**
   * Runs `change` alone among all tasks and processes that use this identity. Either everything that it
   * wrote is on disk when this resolves, or nothing of it. It must not wait for the network. Changes that
   * wait at the same time share one transaction of SQLite, so one wait for the disk; each succeeds or fails by
   * itself.
   *
   * @throws {StorageError} `storage-locked` and what SQLite reports; otherwise what `change` throws
   */
  transaction<T>(change: () => Promise<T> | T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const run = async () => {
      const result = await change();
      return () => resolve(result);
    };
    this.#waiting.push({ run, reject });
    this.#working ??= this.#work();
    return promise;
  }

  /** Empties the write-ahead log, where pages of deleted rows would stay, unless another process reads it now. */
  async scrub(): Promise<void> {
    await this.#working;
    this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** The size of the database in bytes. */
  sizeBytes(): number {
    const pages = Number(this.#db.prepare("PRAGMA page_count").get()?.page_count);
    return pages * Number(this.#db.prepare("PRAGMA page_size").get()?.page_size);
  }

  /** Waits for what is under way and closes the database. */
  async close(): Promise<void> {
    await this.#working;
    this.#db.close();
    this.#lock.close();
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) await this.#runBatch();
    this.#working = undefined;
  }

  async #runBatch(): Promise<void> {
    const batch: Change[] = [];
    try {
      await this.#lock.acquire();
      try {
        const done = await this.#runInTransaction(batch);
        for (const settle of done) settle();
      } finally {
        this.#lock.release();
      }
    } catch (error) {
      // Whoever was not begun yet waited for the same lock or disk.
      const reason = isSqliteError(error) ? toStorageError(error) : error;
      for (const { reject } of batch.length > 0 ? batch : this.#waiting.splice(0)) reject(reason);
    }
  }

  /** Runs waiting changes up to the commit; returns what tells their callers that it is done. */
  async #runInTransaction(batch: Change[]): Promise<(() => void)[]> {
    const done: (() => void)[] = [];
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      for (let next; batch.length < MAX_BATCH && (next = this.#waiting.shift()) !== undefined;) {
        batch.push(next);
        done.push(await this.#runOne(next));
      }
      this.#db.exec("COMMIT");
      return done;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Runs one change under a savepoint: where it fails, what it wrote is undone and the rest stays. */
  async #runOne({ run, reject }: Change): Promise<() => void> {
    this.#db.exec("SAVEPOINT change");
    try {
      const settle = await run();
      this.#db.exec("RELEASE change");
      return settle;
    } catch (error) {
      // A full disk ends the whole transaction.
      if (!this.#db.isTransaction) throw error;
      this.#db.exec("ROLLBACK TO change; RELEASE change");
      return () => reject(isSqliteError(error) ? toStorageError(error) : error);
    }
  }
}

/** Changes that share one transaction at most; others wait for the lock no longer than they take. */
const MAX_BATCH = 64;

/** A change that waits for its turn. */
interface Change {
  /** Makes the change; resolves to what tells the caller that it is on disk. */
  run(): Promise<() => void>;
  /** Tells the caller that it is not. */
  reject(reason: unknown): void;
}

function isSqliteError(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ERR_SQLITE_ERROR";
}
