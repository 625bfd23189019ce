import type { DatabaseSync, StatementSync } from "node:sqlite";

/** How far this device is in a mailbox. */
export interface MailboxRow {
  /** The mailbox. */
  mailbox: string;
  /** The last entry that is worked in. */
  cursor: number;
  /** The last entry that the relay was told to be safe here. */
  acked: number;
  /** What can be done in it. */
  state: MailboxRowState;
}

/**
 * What can be done in a conversation. `left`: this device was removed or has left; `lost`: it is a member and has
 * no keys; `broken`: an entry could not be worked in and none after it can; `refused`: the same, because the
 * entry's author must not change what it changed; `duplicated`: another copy of this device has taken its place.
 */
export type MailboxRowState = "active" | "left" | "lost" | "broken" | "refused" | "duplicated";

/** The cursors of the mailboxes that this device reads. */
export class MailboxTable {
  readonly #get: StatementSync;
  readonly #advance: StatementSync;
  readonly #setState: StatementSync;
  readonly #setAcked: StatementSync;
  readonly #notAcked: StatementSync;
  readonly #inState: StatementSync;
  readonly #list: StatementSync;

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#get = db.prepare("SELECT * FROM mailboxes WHERE mailbox = ?");
    this.#advance = db.prepare(
      "INSERT INTO mailboxes (mailbox, cursor) VALUES (?, ?) ON CONFLICT DO UPDATE SET cursor = excluded.cursor",
    );
    this.#setState = db.prepare(
      "INSERT INTO mailboxes (mailbox, state) VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state",
    );
    this.#setAcked = db.prepare("UPDATE mailboxes SET acked = ? WHERE mailbox = ? AND acked < ?");
    this.#inState = db.prepare("SELECT mailbox FROM mailboxes WHERE state = ? ORDER BY mailbox");
    this.#list = db.prepare("SELECT * FROM mailboxes ORDER BY mailbox");
    this.#notAcked = db.prepare(
      `SELECT * FROM mailboxes WHERE acked < cursor AND state <> 'duplicated' AND NOT (mailbox LIKE 'device:%'
         AND EXISTS (SELECT 1 FROM mailboxes AS other WHERE other.state = 'duplicated'))`,
    );
  }

  /** The row of a mailbox, as if never read where there is none. */
  get(mailbox: string): MailboxRow {
    const row = this.#get.get(mailbox) as unknown as MailboxRow | undefined;
    return row ?? { mailbox, cursor: 0, acked: 0, state: "active" };
  }

  /** Moves the cursor. */
  advance(mailbox: string, cursor: number): void {
    this.#advance.run(mailbox, cursor);
  }

  /** Changes the state. */
  setState(mailbox: string, state: MailboxRow["state"]): void {
    this.#setState.run(mailbox, state);
  }

  /** The mailboxes in a state. */
  inState(state: MailboxRowState): string[] {
    return this.#inState.all(state).map(({ mailbox }) => String(mailbox));
  }

  /** Notes what the relay was told. */
  setAcked(mailbox: string, seq: number): void {
    this.#setAcked.run(seq, mailbox, seq);
  }

  /** All mailboxes that were read. */
  list(): MailboxRow[] {
    return this.#list.all() as unknown as MailboxRow[];
  }

  /**
   * Mailboxes of which the relay was not told everything. Where another copy of this device has its place, that one
   * is to say what it needs no more; so it is with the device's own mailbox, whose welcomes are for that copy's keys.
   */
  notAcked(): MailboxRow[] {
    return this.#notAcked.all() as unknown as MailboxRow[];
  }
}
