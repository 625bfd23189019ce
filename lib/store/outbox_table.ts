import type { DatabaseSync, StatementSync } from "node:sqlite";
import { encodeHex } from "../bytes/mod.ts";
import type { CellCipher } from "./cell_cipher.ts";

/** A message that the relay has not got yet. */
export interface OutboxRow {
  /** The entry's id. */
  id: Uint8Array<ArrayBuffer>;
  /** The conversation. */
  mailbox: string;
  /** What is to be sent; stored encrypted. */
  content: Uint8Array;
  /** When it vanishes, milliseconds since 1970: it is not sent after it. */
  expires?: number;
}

/** A message that is sealed for the group and may be sent, any number of times. */
export interface SealedRow {
  /** The entry's id. */
  id: Uint8Array<ArrayBuffer>;
  /** The MLSMessage. */
  message: Uint8Array<ArrayBuffer>;
  /** When it vanishes, milliseconds since 1970; null for never. */
  expires: number | null;
}

/** Messages on their way, in the order in which they were given. */
export class OutboxTable {
  readonly #cipher: CellCipher;
  readonly #add: StatementSync;
  readonly #has: StatementSync;
  readonly #mailboxes: StatementSync;
  readonly #unsealed: StatementSync;
  readonly #sealed: StatementSync;
  readonly #setSealed: StatementSync;
  readonly #unseal: StatementSync;
  readonly #delete: StatementSync;
  readonly #withdraw: StatementSync;
  readonly #hasMessages: StatementSync;
  readonly #deleteExpired: StatementSync;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#add = db.prepare("INSERT INTO outbox (id, mailbox, sealed, expires) VALUES (?, ?, ?, ?)");
    this.#has = db.prepare("SELECT 1 FROM outbox WHERE id = ?");
    this.#mailboxes = db.prepare("SELECT mailbox FROM outbox GROUP BY mailbox ORDER BY min(position)");
    this.#unsealed = db.prepare(
      "SELECT id, mailbox, sealed FROM outbox WHERE mailbox = ? AND message IS NULL ORDER BY position LIMIT ?",
    );
    this.#sealed = db.prepare(
      "SELECT id, message, expires FROM outbox WHERE mailbox = ? AND message IS NOT NULL ORDER BY position LIMIT ?",
    );
    this.#setSealed = db.prepare("UPDATE outbox SET epoch = ?, message = ? WHERE id = ?");
    this.#unseal = db.prepare(
      "UPDATE outbox SET epoch = NULL, message = NULL WHERE mailbox = ? AND epoch <> ?",
    );
    this.#delete = db.prepare("DELETE FROM outbox WHERE id = ?");
    this.#withdraw = db.prepare("DELETE FROM outbox WHERE id = ? AND message IS NULL");
    this.#hasMessages = db.prepare(
      `SELECT 1 FROM outbox JOIN messages ON messages.mailbox = outbox.mailbox AND messages.id = outbox.id
       WHERE kind <> 'control' LIMIT 1`,
    );
    this.#deleteExpired = db.prepare("DELETE FROM outbox WHERE expires <= ?");
  }

  /** Adds a message at the end. */
  add({ id, mailbox, content, expires }: OutboxRow): void {
    this.#add.run(id, mailbox, this.#cipher.seal(outboxPlace(id), content), expires ?? null);
  }

  /** Whether a message is still on its way. */
  has(id: Uint8Array): boolean {
    return this.#has.get(id) !== undefined;
  }

  /** Whether any message of a person is on its way. */
  hasMessages(): boolean {
    return this.#hasMessages.get() !== undefined;
  }

  /** Conversations with messages on their way, the one that waits longest first. */
  mailboxes(): string[] {
    return this.#mailboxes.all().map((row) => String(row.mailbox));
  }

  /** The oldest messages that are not sealed yet. */
  unsealed(mailbox: string, limit: number): OutboxRow[] {
    return this.#unsealed.all(mailbox, limit).map((row) => {
      const { id, sealed } = row as unknown as { id: Uint8Array<ArrayBuffer>; sealed: Uint8Array };
      return { id, mailbox, content: this.#cipher.open(outboxPlace(id), sealed) };
    });
  }

  /** The oldest messages that are sealed. */
  sealed(mailbox: string, limit: number): SealedRow[] {
    return this.#sealed.all(mailbox, limit).map((row) => {
      const { id, message, expires } = row as unknown as SealedRow;
      return { id, message, expires };
    });
  }

  /** Keeps the sealed form, with the ratchet in the same transaction. */
  setSealed(id: Uint8Array, epoch: number, message: Uint8Array): void {
    this.#setSealed.run(epoch, message, id);
  }

  /** Drops sealed forms of epochs other than `epoch`: the relay refuses them. */
  unsealOthers(mailbox: string, epoch: number): void {
    this.#unseal.run(mailbox, epoch);
  }

  /** Forgets a message that the relay has. */
  delete(id: Uint8Array): void {
    this.#delete.run(id);
  }

  /** Forgets messages whose time was up before they were sent. */
  deleteExpired(now: number): void {
    this.#deleteExpired.run(now);
  }

  /** Takes a message back that was not sealed yet; false where it may have been sent. */
  withdraw(id: Uint8Array): boolean {
    return this.#withdraw.run(id).changes === 1;
  }
}

/** Where a message on its way stands, for the cipher. */
export function outboxPlace(id: Uint8Array): string {
  return `outbox|${encodeHex(id)}`;
}
