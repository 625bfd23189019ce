import { DatabaseSync } from "node:sqlite";
import { InternalError } from "../errors/mod.ts";
import {
  archivedTable,
  type ArchivedTableName,
  archivedTableNames,
  type ArchiveRow,
  type ArchiveValue,
} from "./archive_tables.ts";
import type { CellCipher } from "./cell_cipher.ts";
import { toStorageError } from "./storage_error.ts";

/**
 * Reads what an archive holds of a client's store, as it was at one moment, whoever writes meanwhile. Rows are
 * decrypted one after the other as they are asked for.
 */
export class ArchiveReader implements Disposable {
  readonly #db: DatabaseSync;
  readonly #cipher: CellCipher;

  private constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#db = db;
    this.#cipher = cipher;
  }

  /**
   * Takes the moment. The database is one that a `ClientStore` has opened.
   *
   * @throws {StorageError}
   */
  static open(folder: string, cipher: CellCipher): ArchiveReader {
    const db = run(() => new DatabaseSync(`${folder}/parley.db`, { readOnly: true }));
    try {
      return run(() => {
        db.exec("PRAGMA busy_timeout = 5000; BEGIN");
        // The transaction sees the database as it is at the first reading.
        db.prepare("SELECT count(*) FROM mailboxes").get();
        return new ArchiveReader(db, cipher);
      });
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** How many rows of a table there are. */
  count(name: ArchivedTableName): number {
    const { where = "1" } = archivedTable(name);
    return Number(
      run(() => this.#db.prepare(`SELECT count(*) AS count FROM ${name} WHERE ${where}`).get()?.count),
    );
  }

  /** How many conversations have lines of which a person is shown something. */
  countConversations(): number {
    const sql = "SELECT count(DISTINCT mailbox) AS count FROM messages WHERE kind <> 'control'";
    return Number(run(() => this.#db.prepare(sql).get()?.count));
  }

  /** How many messages there are that people wrote. */
  countMessages(): number {
    const sql = "SELECT count(*) AS count FROM messages WHERE kind = 'message'";
    return Number(run(() => this.#db.prepare(sql).get()?.count));
  }

  /**
   * The rows of all tables, in the order in which they can be put back, the values in the order of the columns.
   *
   * @throws {StorageError}
   * @throws {AuthenticationError} where the database holds a value that is not the identity's
   */
  *rows(): Iterable<{ table: ArchivedTableName; values: ArchiveValue[] }> {
    for (const table of archivedTableNames) {
      for (const values of this.#rowsOf(table)) yield { table, values };
    }
  }

  *#rowsOf(name: ArchivedTableName): Iterable<ArchiveValue[]> {
    const { columns, where = "1", orderBy = "1, 2" } = archivedTable(name);
    const sql = `SELECT ${columns.join()} FROM ${name} WHERE ${where} ORDER BY ${orderBy}`;
    const rows = run(() => this.#db.prepare(sql).iterate()) as Iterator<ArchiveRow>;
    for (;;) {
      const { done, value } = run(() => rows.next());
      if (done) return;
      yield columns.map((column) => column === "sealed" ? this.#open(name, value) : value[column]!);
    }
  }

  /** What is kept for clients only may have lost its content, without encryption. */
  #open(name: ArchivedTableName, row: ArchiveRow): Uint8Array {
    const sealed = row.sealed as Uint8Array;
    const { place } = archivedTable(name);
    if (place === undefined) throw new InternalError(`no cipher is known for ${name}`);
    return sealed.length === 0 ? sealed : this.#cipher.open(place(row), sealed);
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#db.close();
  }
}

function run<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toStorageError(error);
  }
}
