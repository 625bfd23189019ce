import type { DatabaseSync } from "node:sqlite";
import type { CellCipher } from "./cell_cipher.ts";
import { clientMigrations } from "./client_schema.ts";
import { FolderLock } from "./folder_lock.ts";
import { GroupTable } from "./group_table.ts";
import { KeyPackageTable } from "./key_package_table.ts";
import { MailboxTable } from "./mailbox_table.ts";
import { MessageTable } from "./message_table.ts";
import { openDatabase } from "./open_database.ts";
import { OutboxTable } from "./outbox_table.ts";
import { PendingCommitTable } from "./pending_commit_table.ts";
import { toStorageError } from "./storage_error.ts";

/** What a client keeps, table by table. */
export interface ClientTables {
  /** Cursors. */
  readonly mailboxes: MailboxTable;
  /** MLS states. */
  readonly groups: GroupTable;
  /** Commits whose fate is not known. */
  readonly pendingCommits: PendingCommitTable;
  /** Messages that the relay has not got yet. */
  readonly outbox: OutboxTable;
  /** The history. */
  readonly messages: MessageTable;
  /** One's own key packages. */
  readonly keyPackages: KeyPackageTable;
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
  readonly pendingCommits: PendingCommitTable;
  readonly outbox: OutboxTable;
  readonly messages: MessageTable;
  readonly keyPackages: KeyPackageTable;
  readonly #db: DatabaseSync;
  readonly #lock: FolderLock;
  #queue: Promise<void> = Promise.resolve();

  private constructor(db: DatabaseSync, lock: FolderLock, cipher: CellCipher) {
    this.#db = db;
    this.#lock = lock;
    this.mailboxes = new MailboxTable(db);
    this.groups = new GroupTable(db, cipher);
    this.pendingCommits = new PendingCommitTable(db, cipher);
    this.outbox = new OutboxTable(db, cipher);
    this.messages = new MessageTable(db, cipher);
    this.keyPackages = new KeyPackageTable(db, cipher);
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
   * Runs `change` in one transaction, alone among all tasks and processes that use this identity. Either
   * everything that it wrote is on disk when this resolves, or nothing of it. It must not wait for the
   * network.
   *
   * @throws {StorageError} `storage-locked` and what SQLite reports; otherwise what `change` throws
   */
  transaction<T>(change: () => Promise<T> | T): Promise<T> {
    const result = this.#queue.then(() => this.#run(change));
    this.#queue = result.then(() => {}, () => {});
    return result;
  }

  /** Waits for the running transaction and closes the database. */
  async close(): Promise<void> {
    await this.#queue;
    this.#db.close();
    this.#lock.close();
  }

  async #run<T>(change: () => Promise<T> | T): Promise<T> {
    await this.#lock.acquire();
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      const result = await change();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw isSqliteError(error) ? toStorageError(error) : error;
    } finally {
      this.#lock.release();
    }
  }
}

function isSqliteError(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ERR_SQLITE_ERROR";
}
