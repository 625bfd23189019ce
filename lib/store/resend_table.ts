import type { DatabaseSync, StatementSync } from "node:sqlite";
import { encodeHex } from "../bytes/mod.ts";
import type { CellCipher } from "./cell_cipher.ts";

/** Messages that could not be read, to be asked for again, and the keys under which they were asked for. */
export class ResendTable {
  readonly #cipher: CellCipher;
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#statements = {
      want: db.prepare(
        "INSERT OR IGNORE INTO resend_requests (mailbox, id, state, sealed) VALUES (?, ?, 'due', x'')",
      ),
      mailboxes: db.prepare("SELECT DISTINCT mailbox FROM resend_requests WHERE state = 'due'"),
      due: db.prepare("SELECT id FROM resend_requests WHERE mailbox = ? AND state = 'due' LIMIT ?"),
      asked: db.prepare(
        "UPDATE resend_requests SET state = 'asked', sealed = ? WHERE mailbox = ? AND id = ?",
      ),
      key: db.prepare("SELECT sealed FROM resend_requests WHERE mailbox = ? AND id = ? AND state = 'asked'"),
      setSent: db.prepare("INSERT OR IGNORE INTO resent (mailbox, id, user, device) VALUES (?, ?, ?, ?)"),
      delete: db.prepare("DELETE FROM resend_requests WHERE mailbox = ? AND id = ?"),
    } satisfies Record<string, StatementSync>;
  }

  /** Notes that a message is to be asked for; once. */
  want(mailbox: string, id: Uint8Array): void {
    this.#statements.want.run(mailbox, id);
  }

  /** The conversations with messages to be asked for. */
  dueMailboxes(): string[] {
    return this.#statements.mailboxes.all().map(({ mailbox }) => String(mailbox));
  }

  /** Messages to be asked for. */
  due(mailbox: string, limit: number): Uint8Array<ArrayBuffer>[] {
    return this.#statements.due.all(mailbox, limit).map(({ id }) => id as Uint8Array<ArrayBuffer>);
  }

  /** Notes that a message was asked for, under the public key that belongs to a private one. */
  setAsked(mailbox: string, id: Uint8Array, privateKey: Uint8Array): void {
    this.#statements.asked.run(this.#cipher.seal(place(mailbox, id), privateKey), mailbox, id);
  }

  /** The private key under which a message was asked for; undefined where it was not. */
  key(mailbox: string, id: Uint8Array): Uint8Array | undefined {
    const row = this.#statements.key.get(mailbox, id);
    return row && this.#cipher.open(place(mailbox, id), row.sealed as Uint8Array);
  }

  /** Notes that a message is sent again to a device; false where it was before. */
  setSent(mailbox: string, id: Uint8Array, { user, device }: { user: string; device: string }): boolean {
    return this.#statements.setSent.run(mailbox, id, user, device).changes === 1;
  }

  /** Forgets that a message is wanted. */
  delete(mailbox: string, id: Uint8Array): void {
    this.#statements.delete.run(mailbox, id);
  }
}

function place(mailbox: string, id: Uint8Array): string {
  return `resend_requests|${mailbox}|${encodeHex(id)}`;
}
