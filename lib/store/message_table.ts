import type { DatabaseSync, StatementSync } from "node:sqlite";
import { encodeHex } from "../bytes/mod.ts";
import type { CellCipher } from "./cell_cipher.ts";

/** A line of the history. */
export interface MessageRow {
  /** Order of arrival in this store. */
  position: number;
  /** The entry's id. */
  id: Uint8Array<ArrayBuffer>;
  /** The conversation. */
  mailbox: string;
  /** Its place in the conversation; null until the relay has it. */
  seq: number | null;
  /** Who sent it. */
  user: string;
  /** From which device. */
  device: string;
  /** Milliseconds since 1970: the relay's time, or this device's until the relay has it. */
  time: number;
  /**
   * `undecryptable`: the content is the reason why it could not be opened; `revoked`: no entry of the relay's,
   * but the note that the certificate of the device named was revoked, with no content.
   */
  kind: "message" | "undecryptable" | "revoked";
  /** Whether this device sent it. */
  outgoing: boolean;
  /** The content; stored encrypted. */
  content: Uint8Array;
}

/** The history of all conversations. */
export class MessageTable {
  readonly #cipher: CellCipher;
  readonly #add: StatementSync;
  readonly #has: StatementSync;
  readonly #setRelayed: StatementSync;
  readonly #after: StatementSync;
  readonly #notShown: StatementSync;
  readonly #setShown: StatementSync;
  readonly #last: StatementSync;
  readonly #delete: StatementSync;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#add = db.prepare(
      `INSERT INTO messages (id, mailbox, seq, user, device, time, kind, outgoing, shown, sealed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#has = db.prepare("SELECT 1 FROM messages WHERE mailbox = ? AND id = ?");
    this.#setRelayed = db.prepare("UPDATE messages SET seq = ?, time = ? WHERE mailbox = ? AND id = ?");
    this.#after = db.prepare("SELECT * FROM messages WHERE position > ? ORDER BY position LIMIT ?");
    this.#notShown = db.prepare("SELECT * FROM messages WHERE shown = 0 ORDER BY position LIMIT ?");
    this.#setShown = db.prepare("UPDATE messages SET shown = 1 WHERE position = ?");
    this.#delete = db.prepare("DELETE FROM messages WHERE mailbox = ? AND id = ?");
    this.#last = db.prepare("SELECT coalesce(max(position), 0) AS last FROM messages");
  }

  /** Adds a line; what others sent is not shown yet. */
  add(row: Omit<MessageRow, "position">): void {
    const sealed = this.#cipher.seal(place(row.mailbox, row.id), row.content);
    const { id, mailbox, seq, user, device, time, kind, outgoing } = row;
    const flag = outgoing ? 1 : 0;
    this.#add.run(id, mailbox, seq, user, device, time, kind, flag, flag, sealed);
  }

  /** Whether a conversation's history has an entry. */
  has(mailbox: string, id: Uint8Array): boolean {
    return this.#has.get(mailbox, id) !== undefined;
  }

  /** Notes that the relay has a message of this device's. */
  setRelayed(mailbox: string, id: Uint8Array, place: { seq: number; time: number }): void {
    this.#setRelayed.run(place.seq, place.time, mailbox, id);
  }

  /** The position of the last line, 0 where there is none. */
  lastPosition(): number {
    return Number(this.#last.get()?.last);
  }

  /** Lines after a position, in their order. */
  after(position: number, limit: number): MessageRow[] {
    return this.#after.all(position, limit).map((row) => this.#toRow(row));
  }

  /** Lines that were not shown yet, in their order. */
  notShown(limit: number): MessageRow[] {
    return this.#notShown.all(limit).map((row) => this.#toRow(row));
  }

  /** Notes that a line was shown. */
  setShown(position: number): void {
    this.#setShown.run(position);
  }

  /** Deletes a line. */
  delete(mailbox: string, id: Uint8Array): void {
    this.#delete.run(mailbox, id);
  }

  #toRow(row: Record<string, unknown>): MessageRow {
    const { sealed, outgoing, ...rest } = row as unknown as StoredMessage;
    const content = this.#cipher.open(place(rest.mailbox, rest.id), sealed);
    return { ...rest, outgoing: outgoing === 1, content };
  }
}

type StoredMessage = Omit<MessageRow, "content" | "outgoing"> & { sealed: Uint8Array; outgoing: number };

function place(mailbox: string, id: Uint8Array): string {
  return `messages|${mailbox}|${encodeHex(id)}`;
}
