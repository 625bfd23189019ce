import type { DatabaseSync, StatementSync } from "node:sqlite";

/**
 * `crl`: the number of the CRL by which all conversations were looked through; `key-packages`: the serial
 * number of the certificate that the key packages hold which the relay has, and their form; `own-devices`: the user's devices that
 * are members of all conversations, as JSON; `restored:MAILBOX`: when the backup was made, in milliseconds since 1970,
 * from which this device has a conversation that it has not entered again yet; `leaving:MAILBOX`: this user has left the
 * group and is still to be taken out by the others; `welcome:DIGEST`: the epoch that was entered by a welcome for the
 * last-resort key package, which works again for as long as that is kept.
 */
export type FactName =
  | "crl"
  | "key-packages"
  | "own-devices"
  | `restored:${string}`
  | `leaving:${string}`
  | `welcome:${string}`;

/** What concerns an identity as a whole. None of it is secret. */
export class FactTable {
  readonly #get: StatementSync;
  readonly #set: StatementSync;
  readonly #delete: StatementSync;

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#get = db.prepare("SELECT value FROM facts WHERE name = ?");
    this.#set = db.prepare("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)");
    this.#delete = db.prepare("DELETE FROM facts WHERE name = ?");
  }

  /** Reads a fact; undefined where it was never set. */
  get(name: FactName): string | undefined {
    const row = this.#get.get(name);
    return row === undefined ? undefined : String(row.value);
  }

  /** Sets a fact. */
  set(name: FactName, value: string): void {
    this.#set.run(name, value);
  }

  /** Forgets a fact. */
  delete(name: FactName): void {
    this.#delete.run(name);
  }
}
