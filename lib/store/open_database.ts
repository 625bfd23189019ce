import { DatabaseSync } from "node:sqlite";
import { StorageError } from "../errors/mod.ts";
import { toStorageError } from "./storage_error.ts";

/** How to open a database. */
export interface OpenDatabaseOptions {
  /**
   * The schema's history: each text brings it one version forward and runs once; all that are due run in one transaction.
   * What was released is never changed; append.
   */
  migrations: readonly string[];
}

/** How long a statement waits for another process. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens a SQLite database (made with mode 0600 where there is none) in WAL mode with synchronous=FULL, so that
 * what was committed is on disk, and brings its schema up to date.
 *
 * @throws {StorageError} `storage-newer` where a newer parley wrote it; `storage-unwritable`, `storage-busy`,
 * `storage-damaged`, `storage-full`, `storage-failed`
 */
export function openDatabase(path: string, options: OpenDatabaseOptions): DatabaseSync {
  createFile(path);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    migrate(db, options.migrations);
    return db;
  } catch (error) {
    db?.close();
    throw toStorageError(error);
  }
}

/** SQLite would make it readable by all; the files beside it (-wal, -shm) take over this mode. */
function createFile(path: string): void {
  try {
    Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
  } catch (cause) {
    throw new StorageError("storage-unwritable", "the database cannot be opened for writing", {
      hint: "look at the owner and mode of the folder and its files",
      cause,
    });
  }
}

function migrate(db: DatabaseSync, migrations: readonly string[]): void {
  if (schemaVersion(db) === migrations.length) return;
  // Two processes may open a new database at once: the second one finds the work done when it gets the lock.
  db.exec("BEGIN IMMEDIATE");
  try {
    const version = schemaVersion(db);
    if (version > migrations.length) {
      throw new StorageError("storage-newer", "the database was written by a newer parley", {
        hint: "update parley",
      });
    }
    for (const migration of migrations.slice(version)) db.exec(migration);
    db.exec(`PRAGMA user_version = ${migrations.length}`);
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.user_version);
}
