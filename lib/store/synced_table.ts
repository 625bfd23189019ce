import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CellCipher } from "./cell_cipher.ts";

/** What a record is about: `mark`: what is known of a user's devices; `label`: how a device of one's own is called. */
export type SyncedKind = "mark" | "label";

/** Something that all devices of this user are to know. */
export interface SyncedRow {
  /** What it is about. */
  kind: SyncedKind;
  /** Whom: a user, or a device. */
  name: string;
  /** When it was set, milliseconds since 1970: of two records of the same name the later one holds. */
  time: number;
  /** What it says; stored encrypted. */
  value: Uint8Array;
}

/** Records that the devices of one user keep alike. */
export class SyncedTable {
  readonly #cipher: CellCipher;
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #put: StatementSync;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#get = db.prepare("SELECT * FROM synced WHERE kind = ? AND name = ?");
    this.#list = db.prepare("SELECT * FROM synced WHERE kind = ? ORDER BY name");
    this.#put = db.prepare("INSERT OR REPLACE INTO synced (kind, name, time, sealed) VALUES (?, ?, ?, ?)");
  }

  /** Reads a record; undefined where there is none. */
  get(kind: SyncedKind, name: string): SyncedRow | undefined {
    const row = this.#get.get(kind, name);
    return row && this.#toRow(row as unknown as StoredRow);
  }

  /** All records of a kind, by name. */
  list(kind: SyncedKind): SyncedRow[] {
    return this.#list.all(kind).map((row) => this.#toRow(row as unknown as StoredRow));
  }

  /** Writes a record in the place of the one before. */
  put({ kind, name, time, value }: SyncedRow): void {
    this.#put.run(kind, name, time, this.#cipher.seal(syncedPlace(kind, name), value));
  }

  #toRow({ kind, name, time, sealed }: StoredRow): SyncedRow {
    return { kind, name, time, value: this.#cipher.open(syncedPlace(kind, name), sealed) };
  }
}

type StoredRow = Omit<SyncedRow, "value"> & { sealed: Uint8Array };

/** Where a record stands, for the cipher. */
export function syncedPlace(kind: SyncedKind, name: string): string {
  return `synced|${kind}|${name}`;
}
