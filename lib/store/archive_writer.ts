import type { DatabaseSync, StatementSync } from "node:sqlite";
import { DecodeError } from "../errors/mod.ts";
import { isMailbox } from "../wire/mod.ts";
import {
  archivedTable,
  type ArchivedTableName,
  archivedTableNames,
  type ArchiveRow,
  type ArchiveValue,
} from "./archive_tables.ts";
import type { CellCipher } from "./cell_cipher.ts";

/** A table of an archive, with the columns that the archive has. */
export interface ArchiveColumns {
  /** The table. */
  table: ArchivedTableName;
  /** The columns, in the order of the rows' values. */
  columns: readonly string[];
}

/** Puts back what an {@link ArchiveReader} has read, into an empty store. */
export class ArchiveWriter {
  readonly #db: DatabaseSync;
  readonly #cipher: CellCipher;
  readonly #statements = new Map<string, StatementSync>();

  /** Prepares nothing yet. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#db = db;
    this.#cipher = cipher;
  }

  /**
   * Adds a row; inside a transaction.
   *
   * @throws {DecodeError} `backup-malformed` where the values are not those of such a row
   */
  add(into: ArchiveColumns, values: readonly ArchiveValue[]): void {
    const { table, columns } = into;
    if (values.length !== columns.length) throw malformed(table);
    const row: ArchiveRow = Object.fromEntries(columns.map((column, i) => [column, values[i]!]));
    if ("mailbox" in row && !isMailbox(String(row.mailbox))) throw malformed(table);
    const stored = columns.map((column, i) => column === "sealed" ? this.#seal(table, row) : values[i]!);
    try {
      this.#statementFor(into).run(...stored);
    } catch (cause) {
      if (!isRefusedValue(cause)) throw cause;
      throw malformed(table, cause);
    }
  }

  #seal(table: ArchivedTableName, row: ArchiveRow): Uint8Array {
    const { place } = archivedTable(table);
    const hasId = !("id" in row) || row.id instanceof Uint8Array;
    if (!(row.sealed instanceof Uint8Array) || place === undefined || !hasId) throw malformed(table);
    return this.#cipher.seal(place(row), row.sealed);
  }

  #statementFor({ table, columns }: ArchiveColumns): StatementSync {
    const key = `${table} ${columns.join()}`;
    const known = this.#statements.get(key);
    if (known !== undefined) return known;
    const { fixed = {} } = archivedTable(table);
    const names = [...columns, ...Object.keys(fixed)];
    const values = [...columns.map(() => "?"), ...Object.values(fixed)];
    const statement = this.#db.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${values.join()})`);
    this.#statements.set(key, statement);
    return statement;
  }
}

/**
 * Reads the name of a table and of its columns.
 *
 * @throws {DecodeError} `backup-newer` where this version does not know one of them
 */
export function parseArchiveColumns(table: string, columns: readonly string[]): ArchiveColumns {
  const name = archivedTableNames.find((one) => one === table);
  const known = name === undefined ? [] : archivedTable(name).columns;
  if (name !== undefined && columns.length > 0 && columns.every((column) => known.includes(column))) {
    if (new Set(columns).size === columns.length) return { table: name, columns };
  }
  throw new DecodeError("backup-newer", "the backup holds something that this version does not know", {
    hint: "update parley",
  });
}

/** SQLite's primary result codes for values that a table does not take. */
const CONSTRAINT = 19, MISMATCH = 20;

function isRefusedValue(error: unknown): boolean {
  const { errcode } = Object(error) as { errcode?: unknown };
  return typeof errcode === "number" && [CONSTRAINT, MISMATCH].includes(errcode & 0xff);
}

function malformed(table: string, cause?: unknown): DecodeError {
  return new DecodeError("backup-malformed", "cannot decode a row of the backup", { field: table, cause });
}
