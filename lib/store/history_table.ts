import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CellCipher } from "./cell_cipher.ts";
import type { MessageRow } from "./message_row.ts";
import { openMessageRow } from "./message_table.ts";

/** Which lines of a conversation. */
export interface LineRange {
  /** The conversation. */
  mailbox: string;
  /** Lines sent at or after this time, milliseconds since 1970. Default: all. */
  since?: number;
  /** Lines before this position. Default: all. */
  before?: number;
}

/** What the history of a conversation takes. */
export interface ConversationUsage {
  /** The conversation. */
  mailbox: string;
  /** Lines, those included that clients keep for themselves. */
  lines: number;
  /** Bytes of their contents, encrypted. */
  bytes: number;
  /** When the oldest was sent, milliseconds since 1970. */
  oldest: number;
  /** When the newest was sent. */
  newest: number;
}

/** A message that changes or adds to another one is part of that one where it may be. */
const STANDS_ALONE = `kind <> 'control' AND what IS NOT 'withdrawn' AND (
  what IS NULL OR what NOT IN ('edit', 'delete', 'reaction') OR NOT EXISTS (
    SELECT 1 FROM messages AS target WHERE target.mailbox = messages.mailbox
      AND target.message_id = messages.refers AND (messages.what = 'reaction' OR target.user = messages.user)))`;
/** What this device sent comes back in the log, and must be known again until then. */
const COMES_BACK = `outgoing = 1 AND (seq IS NULL
  OR seq > ifnull((SELECT cursor FROM mailboxes WHERE mailboxes.mailbox = messages.mailbox), 0))`;
const WAITS = "EXISTS (SELECT 1 FROM outbox WHERE outbox.id = messages.id)";

/** Reads the history of conversations, and deletes what is not to be kept. */
export class HistoryTable {
  readonly #db: DatabaseSync;
  readonly #cipher: CellCipher;
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#db = db;
    this.#cipher = cipher;
    const range = "mailbox = ? AND time >= ? AND position < ?";
    this.#statements = {
      page: db.prepare(
        `SELECT * FROM messages WHERE ${range} AND ${STANDS_ALONE} ORDER BY position DESC LIMIT ?`,
      ),
      pageAfter: db.prepare(
        `SELECT * FROM messages WHERE mailbox = ? AND position > ? AND ${STANDS_ALONE} ORDER BY position LIMIT ?`,
      ),
      at: db.prepare("SELECT * FROM messages WHERE position = ?"),
      referring: db.prepare(
        `SELECT * FROM messages WHERE mailbox = ? AND refers = ? AND what IN ('edit', 'reaction') ORDER BY position`,
      ),
      usage: db.prepare(
        `SELECT mailbox, count(*) AS lines, sum(length(sealed)) AS bytes, min(time) AS oldest, max(time) AS newest
         FROM messages GROUP BY mailbox ORDER BY mailbox`,
      ),
      nextExpiry: db.prepare("SELECT min(expires) AS time FROM messages WHERE expires IS NOT NULL"),
      expired: db.prepare("SELECT position FROM messages WHERE expires <= ?"),
      older: db.prepare(
        `SELECT position FROM messages WHERE time < ?1 AND (?2 IS NULL OR mailbox = ?2) AND kind <> 'control'
         AND NOT ${WAITS}`,
      ),
    } satisfies Record<string, StatementSync>;
  }

  /**
   * The newest lines of a conversation, newest first. What changes another message that is here is left out:
   * {@link HistoryTable.referringTo} gives it.
   */
  page({ mailbox, since = 0, before = Number.MAX_SAFE_INTEGER }: LineRange, limit: number): MessageRow[] {
    return this.#statements.page.all(mailbox, since, before, limit).map((row) =>
      openMessageRow(this.#cipher, row)
    );
  }

  /** Lines of a conversation after a position, oldest first, with the same left out. */
  pageAfter(mailbox: string, position: number, limit: number): MessageRow[] {
    return this.#statements.pageAfter.all(mailbox, position, limit).map((row) =>
      openMessageRow(this.#cipher, row)
    );
  }

  /** The line at a position. */
  at(position: number): MessageRow | undefined {
    const row = this.#statements.at.get(position);
    return row && openMessageRow(this.#cipher, row);
  }

  /** The edits of a message and the reactions to it, oldest first. */
  referringTo(mailbox: string, messageId: Uint8Array): MessageRow[] {
    return this.#statements.referring.all(mailbox, messageId).map((row) => openMessageRow(this.#cipher, row));
  }

  /** What the history of each conversation takes. */
  usage(): ConversationUsage[] {
    return this.#statements.usage.all() as unknown as ConversationUsage[];
  }

  /** When the next line is to be deleted, milliseconds since 1970; undefined where none is. */
  nextExpiry(): number | undefined {
    const time = this.#statements.nextExpiry.get()?.time;
    return time === null || time === undefined ? undefined : Number(time);
  }

  /** Deletes the lines whose time is up, with what belongs to them; inside a transaction. Returns how many. */
  deleteExpired(now: number): number {
    return this.#delete(this.#statements.expired.all(now));
  }

  /**
   * Deletes lines that were sent before a time, with what belongs to them; inside a transaction. Messages that wait
   * in the outbox stay. Returns how many.
   */
  deleteOlder(before: number, mailbox: string | undefined): number {
    return this.#delete(this.#statements.older.all(before, mailbox ?? null));
  }

  #delete(rows: Record<string, unknown>[]): number {
    if (rows.length === 0) return 0;
    this.#db.exec(
      "CREATE TEMP TABLE IF NOT EXISTS doomed (position INTEGER PRIMARY KEY); DELETE FROM doomed",
    );
    const doom = this.#db.prepare("INSERT INTO doomed VALUES (?)");
    for (const { position } of rows) doom.run(Number(position));
    this.#db.exec(DELETE_DOOMED);
    return rows.length;
  }
}

/** Edits, reactions, receipts and requests go with their message; a receipt of the relay with the last one it speaks for. */
const DELETE_DOOMED = `
  INSERT OR IGNORE INTO doomed SELECT other.position FROM doomed
    JOIN messages AS gone ON gone.position = doomed.position
    JOIN messages AS other ON other.mailbox = gone.mailbox AND other.refers = gone.message_id
    WHERE other.what IN ('edit', 'reaction', 'delete', 'withdrawn');
  DELETE FROM receipts WHERE EXISTS (SELECT 1 FROM doomed JOIN messages USING (position)
    WHERE messages.mailbox = receipts.mailbox AND messages.message_id = receipts.message_id);
  UPDATE messages SET kind = 'control', sealed = x'', message_id = NULL, what = NULL, refers = NULL,
      expires = NULL, lifetime = NULL, receipt = NULL, digest = NULL, relay_receipt = NULL
    WHERE position IN (SELECT position FROM doomed) AND ${COMES_BACK};
  DELETE FROM messages WHERE position IN (SELECT position FROM doomed) AND kind <> 'control';
  DELETE FROM resend_requests WHERE NOT EXISTS (SELECT 1 FROM messages
    WHERE messages.mailbox = resend_requests.mailbox AND messages.id = resend_requests.id);
  DELETE FROM relay_receipts WHERE number NOT IN
    (SELECT relay_receipt FROM messages WHERE relay_receipt IS NOT NULL);
  DELETE FROM relay_certificates WHERE number NOT IN (SELECT certificates FROM relay_receipts);
  DELETE FROM doomed;`;
