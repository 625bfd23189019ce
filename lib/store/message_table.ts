import type { DatabaseSync, StatementSync } from "node:sqlite";
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import type { CellCipher } from "./cell_cipher.ts";
import { type ContentKind, type MessageRow, type NewMessageRow, receiptStates } from "./message_row.ts";

/** The hexadecimal digits of an entry's id. */
const ID_DIGITS = 32;
/** What is kept for clients, was taken back, or has vanished, is no line that comes to anybody. */
const IS_LINE = `kind <> 'control' AND (what IS NULL OR what NOT IN ('deleted', 'withdrawn'))
  AND (expires IS NULL OR expires > ?2)`;

/** What is needed to know of a message before another one refers to it. */
export interface MessageHead {
  /** Its place in this store. */
  position: number;
  /** The entry's id. */
  id: Uint8Array<ArrayBuffer>;
  /** Who sent it. */
  user: string;
  /** What it is. */
  what: ContentKind;
}

/** The lines of the history of all conversations. */
export class MessageTable {
  readonly #cipher: CellCipher;
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#statements = {
      add: db.prepare(
        `INSERT INTO messages (id, mailbox, seq, user, device, time, kind, outgoing, shown, sealed,
           message_id, what, refers, expires, lifetime, receipt, audience)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      addOldest: db.prepare(
        `INSERT INTO messages (position, id, mailbox, seq, user, device, time, kind, outgoing, shown, sealed,
           message_id, what, refers, expires, lifetime, receipt, audience)
         VALUES ((SELECT coalesce(min(position), 1) - 1 FROM messages),
           ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      has: db.prepare("SELECT 1 FROM messages WHERE mailbox = ? AND id = ?"),
      get: db.prepare("SELECT * FROM messages WHERE mailbox = ? AND id = ?"),
      kind: db.prepare("SELECT kind FROM messages WHERE mailbox = ? AND id = ?"),
      head: db.prepare("SELECT position, id, user, what FROM messages WHERE mailbox = ? AND message_id = ?"),
      setRelayed: db.prepare(
        `UPDATE messages SET seq = ?, time = ?, digest = ifnull(?, digest) WHERE mailbox = ? AND id = ?`,
      ),
      after: db.prepare(
        `SELECT * FROM messages WHERE position > ?1 AND ${IS_LINE} ORDER BY position LIMIT ?3`,
      ),
      relayedBefore: db.prepare(
        `SELECT * FROM messages WHERE position < ? AND kind = 'message' AND seq IS NOT NULL
         ORDER BY position DESC LIMIT ?`,
      ),
      notShown: db.prepare(
        `SELECT * FROM messages WHERE shown = ?1 AND ${IS_LINE} ORDER BY position LIMIT ?3`,
      ),
      setShown: db.prepare(
        `UPDATE messages SET shown = 1,
           receipt = CASE receipt WHEN ${receiptStates.deliveredDue} THEN ${receiptStates.readDue}
             WHEN ${receiptStates.deliveredSaid} THEN ${receiptStates.readDueToo} ELSE receipt END,
           expires = CASE WHEN shown = 0 AND lifetime IS NOT NULL THEN ? + lifetime * 1000 ELSE expires END
         WHERE position = ?`,
      ),
      setAudience: db.prepare("UPDATE messages SET audience = ? WHERE mailbox = ? AND id = ?"),
      erase: db.prepare("UPDATE messages SET what = ?, shown = 1, sealed = ? WHERE position = ?"),
      last: db.prepare("SELECT coalesce(max(position), 0) AS last FROM messages"),
      delete: db.prepare("DELETE FROM messages WHERE mailbox = ? AND id = ?"),
      deleteControl: db.prepare("DELETE FROM messages WHERE mailbox = ? AND id = ? AND kind = 'control'"),
      references: db.prepare(
        "SELECT position, id, user, what FROM messages WHERE mailbox = ? AND refers = ? ORDER BY position",
      ),
      byPrefix: db.prepare(
        `SELECT * FROM messages WHERE kind <> 'control' AND id BETWEEN ?1 AND ?2 AND (?3 IS NULL OR mailbox = ?3)
         LIMIT 2`,
      ),
    } satisfies Record<string, StatementSync>;
  }

  /** Adds a line. */
  add(row: NewMessageRow): void {
    this.#insert(this.#statements.add, row);
  }

  /** Adds a line before all others: what was there before this store was. */
  addOldest(row: NewMessageRow): void {
    this.#insert(this.#statements.addOldest, row);
  }

  #insert(statement: StatementSync, row: NewMessageRow): void {
    const { id, mailbox, seq, user, device, time, kind, outgoing, index, audience } = row;
    const sealed = this.#cipher.seal(messagePlace(mailbox, id), row.content);
    statement.run(
      ...[
        id,
        mailbox,
        seq,
        user,
        device,
        time,
        kind,
        outgoing ? 1 : 0,
        row.shown ?? outgoing ? 1 : 0,
        sealed,
      ],
      ...[index?.messageId ?? null, index?.what ?? null, index?.refers ?? null],
      ...[index?.expires ?? null, index?.lifetime ?? null],
      ...[row.wantsReceipt ? receiptStates.deliveredDue : null, formatAudience(audience)],
    );
  }

  /** Whether a conversation's history has an entry. */
  has(mailbox: string, id: Uint8Array): boolean {
    return this.#statements.has.get(mailbox, id) !== undefined;
  }

  /** The line of an entry. */
  get(mailbox: string, id: Uint8Array): MessageRow | undefined {
    const row = this.#statements.get.get(mailbox, id);
    return row && openMessageRow(this.#cipher, row);
  }

  /** What the line of an entry is; undefined where there is none. */
  kindOf(mailbox: string, id: Uint8Array): MessageRow["kind"] | undefined {
    return this.#statements.kind.get(mailbox, id)?.kind as MessageRow["kind"] | undefined;
  }

  /** Finds a message of a conversation by its message id. */
  byMessageId(mailbox: string, messageId: Uint8Array): MessageHead | undefined {
    return this.#statements.head.get(mailbox, messageId) as unknown as MessageHead | undefined;
  }

  /** The messages that refer to one, oldest first. */
  referringTo(mailbox: string, messageId: Uint8Array): MessageHead[] {
    return this.#statements.references.all(mailbox, messageId) as unknown as MessageHead[];
  }

  /** Lines whose id begins with hexadecimal digits, two at most; of one conversation or of all. */
  byIdPrefix(prefix: string, mailbox?: string): MessageRow[] {
    const bound = (digit: string) => decodeHex(prefix.padEnd(ID_DIGITS, digit));
    const rows = this.#statements.byPrefix.all(bound("0"), bound("f"), mailbox ?? null);
    return rows.map((row) => openMessageRow(this.#cipher, row));
  }

  /** Notes that the relay has a message of this device's; `digest` is the SHA-256 of what it has. */
  setRelayed(
    mailbox: string,
    id: Uint8Array,
    place: { seq: number; time: number; digest?: Uint8Array },
  ): void {
    this.#statements.setRelayed.run(place.seq, place.time, place.digest ?? null, mailbox, id);
  }

  /** Notes the users whose receipts count; undefined where none come. */
  setAudience(mailbox: string, id: Uint8Array, audience: string[] | undefined): void {
    this.#statements.setAudience.run(formatAudience(audience), mailbox, id);
  }

  /** The position of the last line, 0 where there is none. */
  lastPosition(): number {
    return Number(this.#statements.last.get()?.last);
  }

  /** Lines after a position, in their order; without those that have vanished at `now`. */
  after(position: number, limit: number, now = 0): MessageRow[] {
    return this.#statements.after.all(position, now, limit).map((row) => openMessageRow(this.#cipher, row));
  }

  /** Messages before a position that the relay has, the newest first. */
  relayedBefore(position: number, limit: number): MessageRow[] {
    return this.#statements.relayedBefore.all(position, limit).map((row) =>
      openMessageRow(this.#cipher, row)
    );
  }

  /** Lines that were not shown yet, in their order; without those that have vanished at `now`. */
  notShown(limit: number, now = 0): MessageRow[] {
    return this.#statements.notShown.all(0, now, limit).map((row) => openMessageRow(this.#cipher, row));
  }

  /** Notes that a line was shown, at a time in milliseconds since 1970. */
  setShown(position: number, now: number): void {
    this.#statements.setShown.run(now, position);
  }

  /** Deletes what a message said; the line stays, and is not shown as new any more. */
  erase(mailbox: string, { position, id, what }: MessageHead): void {
    const nothing = this.#cipher.seal(messagePlace(mailbox, id), new Uint8Array());
    this.#statements.erase.run(
      what === "reaction" || what === "edit" ? "withdrawn" : "deleted",
      nothing,
      position,
    );
  }

  /** Deletes a line. */
  delete(mailbox: string, id: Uint8Array): void {
    this.#statements.delete.run(mailbox, id);
  }

  /** Forgets that an entry is a control message of this device's: it has come back. False for every other one. */
  deleteControl(mailbox: string, id: Uint8Array): boolean {
    return this.#statements.deleteControl.run(mailbox, id).changes === 1;
  }
}

/** A row of the table `messages`. */
export type StoredMessage = Record<string, unknown>;

/** Decrypts a row of the table `messages`. */
export function openMessageRow(cipher: CellCipher, stored: StoredMessage): MessageRow {
  const row = stored as unknown as Omit<MessageRow, "outgoing" | "content"> & {
    outgoing: number;
    sealed: Uint8Array;
    audience: string | null;
    message_id: Uint8Array | null;
  };
  const { position, id, mailbox, seq, user, device, time, kind } = row;
  return {
    ...{ position, id, mailbox, seq, user, device, time, kind },
    outgoing: row.outgoing === 1,
    content: cipher.open(messagePlace(mailbox, id), row.sealed),
    ...(row.message_id !== null && { index: toIndex(row) }),
    ...(row.audience !== null && { audience: row.audience.split(",").slice(0, -1) }),
  };
}

function toIndex(stored: unknown): MessageRow["index"] {
  const { message_id: messageId, what, refers, expires, lifetime } = stored as
    & NonNullable<MessageRow["index"]>
    & {
      message_id: Uint8Array;
    };
  return { messageId, what, refers, expires, lifetime };
}

/** Each name is followed by a comma, so that nobody and no answer differ. */
function formatAudience(users: string[] | undefined): string | null {
  return users === undefined ? null : users.map((user) => `${user},`).join("");
}

/** Where a line's content stands, for the cipher. */
export function messagePlace(mailbox: string, id: Uint8Array): string {
  return `messages|${mailbox}|${encodeHex(id)}`;
}
