import type { DatabaseSync, StatementSync } from "node:sqlite";
import { encodeHex } from "../bytes/mod.ts";
import type { CellCipher } from "./cell_cipher.ts";

/** A key package of this device's. */
export interface KeyPackageRow {
  /** Its KeyPackageRef. */
  reference: Uint8Array;
  /** The KeyPackage as an MLSMessage. */
  message: Uint8Array;
  /** Whether it may be used more than once. */
  lastResort: boolean;
  /** Its private keys; stored encrypted. */
  privateKeys: Uint8Array;
}

/** One's own key packages that a welcome may still name. */
export class KeyPackageTable {
  readonly #cipher: CellCipher;
  readonly #add: StatementSync;
  readonly #get: StatementSync;
  readonly #delete: StatementSync;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#add = db.prepare(
      "INSERT INTO key_packages (reference, message, last_resort, sealed) VALUES (?, ?, ?, ?)",
    );
    this.#get = db.prepare("SELECT * FROM key_packages WHERE reference = ?");
    this.#delete = db.prepare("DELETE FROM key_packages WHERE reference = ?");
  }

  /** Keeps a key package before it is published. */
  add({ reference, message, lastResort, privateKeys }: KeyPackageRow): void {
    this.#add.run(reference, message, lastResort ? 1 : 0, this.#cipher.seal(place(reference), privateKeys));
  }

  /** Finds a key package that a welcome names. */
  get(reference: Uint8Array): KeyPackageRow | undefined {
    const row = this.#get.get(reference) as
      | { message: Uint8Array; last_resort: number; sealed: Uint8Array }
      | undefined;
    if (row === undefined) return undefined;
    const privateKeys = this.#cipher.open(place(reference), row.sealed);
    return { reference, message: row.message, lastResort: row.last_resort === 1, privateKeys };
  }

  /** Deletes a key package and its private keys. */
  delete(reference: Uint8Array): void {
    this.#delete.run(reference);
  }
}

function place(reference: Uint8Array): string {
  return `key_packages|${encodeHex(reference)}`;
}
