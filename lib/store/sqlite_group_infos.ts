import type { DatabaseSync } from "node:sqlite";

/** The newest MLS GroupInfo of each conversation in a relay's database, of its present epoch or not there. */
export class SqliteGroupInfos {
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#statements = {
      get: db.prepare("SELECT body FROM group_info WHERE mailbox = ?"),
      put: db.prepare("INSERT OR REPLACE INTO group_info VALUES (?, ?)"),
      delete: db.prepare("DELETE FROM group_info WHERE mailbox = ?"),
    };
  }

  /** What is there of a mailbox. */
  get(mailbox: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#statements.get.get(mailbox)?.body as Uint8Array<ArrayBuffer> | undefined;
  }

  /** Puts the one of a new epoch in the place of the last one; without one there is none. */
  set(mailbox: number, body: Uint8Array | undefined): void {
    if (body === undefined) this.#statements.delete.run(mailbox);
    else this.#statements.put.run(mailbox, body);
  }
}
