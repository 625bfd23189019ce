import type { DatabaseSync } from "node:sqlite";
import type { SqliteMailboxes } from "./sqlite_mailboxes.ts";
import type { StoredMailbox } from "./stored_mailbox.ts";

/** Messages that expire in one transaction at most. */
const MAX_BATCH = 500;

/**
 * The messages that are to vanish, in a table of their own, so that all others cost nothing. What they held is
 * overwritten when they go, by their time or because everybody has fetched them; SQLite would leave it in free pages.
 */
export class SqliteExpiringEntries {
  readonly #db: DatabaseSync;
  readonly #mailboxes: SqliteMailboxes;
  readonly #statements;
  /** The rows of the mailboxes that may have such messages. */
  readonly #concerned: Set<number>;
  #residue = false;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, mailboxes: SqliteMailboxes) {
    this.#db = db;
    this.#mailboxes = mailboxes;
    this.#statements = {
      add: db.prepare("INSERT INTO expiring VALUES (?, ?, ?)"),
      due: db.prepare(
        `SELECT mailbox AS id, seq, (SELECT name FROM mailbox WHERE mailbox.id = expiring.mailbox) AS name
         FROM expiring WHERE expires <= ? ORDER BY expires LIMIT ${MAX_BATCH}`,
      ),
      isDue: db.prepare("SELECT 1 FROM expiring WHERE expires <= ? LIMIT 1"),
      size: db.prepare("SELECT size FROM entry WHERE mailbox = ? AND seq = ?"),
      empty: db.prepare(
        "UPDATE entry SET kind = 'expired', body = x'', size = 0 WHERE mailbox = ? AND seq = ?",
      ),
      forget: db.prepare("DELETE FROM expiring WHERE mailbox = ? AND seq BETWEEN ? AND ?"),
    };
    const rows = db.prepare("SELECT DISTINCT mailbox FROM expiring").all();
    this.#concerned = new Set(rows.map(({ mailbox }) => Number(mailbox)));
  }

  /** Whether pages of deleted messages may still stand in the write-ahead log; says so once. */
  takeResidue(): boolean {
    const residue = this.#residue;
    this.#residue = false;
    return residue;
  }

  /** Notes that an entry is to vanish at a time, milliseconds since 1970. */
  add(mailbox: StoredMailbox, seq: number, expires: number): void {
    this.#statements.add.run(mailbox.id, seq, expires);
    this.#concerned.add(mailbox.id);
  }

  /** Whether the time of any entry is up. */
  isDue(now: number): boolean {
    return this.#statements.isDue.get(now) !== undefined;
  }

  /** Empties entries whose time is up; inside a transaction. Returns how many; there may be more. */
  emptyDue(now: number): number {
    const due = this.#statements.due.all(now);
    this.#overwriting(() => {
      for (const { id, seq, name } of due) {
        this.#empty(this.#mailboxes.find(String(name)), Number(seq));
        this.#statements.forget.run(Number(id), Number(seq), Number(seq));
      }
    });
    return due.length;
  }

  /** Runs what deletes a range of a mailbox's entries; inside a transaction. */
  whileDeleting(mailbox: StoredMailbox, first: number, last: number, work: () => void): void {
    if (!this.#concerned.has(mailbox.id)) return work();
    const expiring = Number(this.#statements.forget.run(mailbox.id, first, last).changes);
    if (expiring === 0) return work();
    this.#overwriting(work);
  }

  #empty(mailbox: StoredMailbox | undefined, seq: number): void {
    if (mailbox === undefined) return;
    const size = Number(this.#statements.size.get(mailbox.id, seq)?.size ?? 0);
    this.#statements.empty.run(mailbox.id, seq);
    mailbox.bytes -= size;
    mailbox.singleBytes -= size;
    this.#mailboxes.touch(mailbox);
  }

  #overwriting(work: () => void): void {
    this.#residue = true;
    this.#db.exec("PRAGMA secure_delete = ON");
    try {
      work();
    } finally {
      this.#db.exec("PRAGMA secure_delete = OFF");
    }
  }
}
