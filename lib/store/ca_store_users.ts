import type { DatabaseSync } from "node:sqlite";
import type { UserRecord, UserRecords } from "../pki/mod.ts";
import { toStorageError } from "./storage_error.ts";

type Row = Record<string, unknown>;

/** The users of an authority in SQLite. */
export class SqliteUserRecords implements UserRecords {
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    const values = "salt = ?2, hash = ?3, memory_kib = ?4, passes = ?5, parallelism = ?6, changed_at = ?7";
    this.#statements = {
      add: db.prepare("INSERT INTO account VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING"),
      replace: db.prepare(`UPDATE account SET ${values} WHERE user = ?1`),
      remove: db.prepare("DELETE FROM account WHERE user = ?"),
      find: db.prepare("SELECT * FROM account WHERE user = ?"),
      list: db.prepare("SELECT * FROM account ORDER BY user"),
    };
  }

  /** See {@link UserRecords}. */
  add(record: UserRecord): boolean {
    return run(() => this.#statements.add.run(...toValues(record)).changes === 1);
  }

  /** See {@link UserRecords}. */
  replace(record: UserRecord): boolean {
    return run(() => this.#statements.replace.run(...toValues(record)).changes === 1);
  }

  /** See {@link UserRecords}. */
  remove(user: string): boolean {
    return run(() => this.#statements.remove.run(user).changes === 1);
  }

  /** See {@link UserRecords}. */
  find(user: string): UserRecord | undefined {
    const row = run(() => this.#statements.find.get(user));
    return row && toRecord(row);
  }

  /** See {@link UserRecords}. */
  list(): UserRecord[] {
    return run(() => this.#statements.list.all()).map(toRecord);
  }
}

function toValues(record: UserRecord) {
  const { user, salt, hash, memoryKiB, passes, parallelism, changedAt } = record;
  return [user, salt, hash, memoryKiB, passes, parallelism, changedAt.getTime()] as const;
}

function toRecord(row: Row): UserRecord {
  return {
    user: String(row.user),
    salt: row.salt as Uint8Array,
    hash: row.hash as Uint8Array,
    memoryKiB: Number(row.memory_kib),
    passes: Number(row.passes),
    parallelism: Number(row.parallelism),
    changedAt: new Date(Number(row.changed_at)),
  };
}

function run<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toStorageError(error);
  }
}
