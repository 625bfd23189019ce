import type { DatabaseSync, StatementSync } from "node:sqlite";
import { encodeHex } from "../bytes/mod.ts";
import type { CellCipher } from "./cell_cipher.ts";
import { openMessageRow } from "./message_table.ts";
import type { MessageRow } from "./message_row.ts";

/** Files that are being sent, and will be named by one message. */
export interface FileBatchRow {
  /** What will be the message's entry id. */
  id: Uint8Array<ArrayBuffer>;
  /** The conversation. */
  mailbox: string;
  /** When it was begun, milliseconds since 1970. */
  time: number;
  /** What is sent; stored encrypted. */
  plan: Uint8Array;
}

/** Which file of which message. */
export interface FilePlace {
  /** The conversation. */
  mailbox: string;
  /** The message's entry id. */
  id: Uint8Array<ArrayBuffer>;
  /** The file's place in the message, from 0. */
  part: number;
}

/**
 * `sent`: this device has sent it; `saving`: it is being fetched, or that was broken off; `saved`: it is on this machine;
 * `withdrawn`: this device has sent it, and its message was taken back or has vanished: the relay is to delete it;
 * `removed`: it is not wanted; `gone`: the relay does not have it any more, or not whole; `refused`: what the relay serves is not
 * what was sent, or must not be written here.
 */
export type FileState = "sent" | "withdrawn" | "saving" | "saved" | "removed" | "gone" | "refused";

/** What has become of a file that a message names. */
export interface FileRow extends FilePlace {
  /** Its id at the relay. */
  blob: Uint8Array<ArrayBuffer>;
  /** What has become of it. */
  state: FileState;
  /** Whether the relay knows what it has to. */
  told: boolean;
  /** Where it is on this machine; stored encrypted. */
  where: Uint8Array;
}

/** Files that messages name, and those that are being sent. */
export class FileTable {
  readonly #cipher: CellCipher;
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#statements = {
      addBatch: db.prepare("INSERT INTO file_batches (id, mailbox, time, sealed) VALUES (?, ?, ?, ?)"),
      batches: db.prepare("SELECT id, mailbox, time, sealed FROM file_batches ORDER BY time"),
      batch: db.prepare("SELECT id, mailbox, time, sealed FROM file_batches WHERE id = ?"),
      deleteBatch: db.prepare("DELETE FROM file_batches WHERE id = ?"),
      messages: db.prepare(
        "SELECT * FROM messages WHERE what = 'files' AND kind = 'message' ORDER BY position",
      ),
      get: db.prepare("SELECT * FROM files WHERE mailbox = ? AND id = ? AND part = ?"),
      put: db.prepare(
        `INSERT OR REPLACE INTO files (mailbox, id, part, blob, state, told, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ),
      untold: db.prepare(
        "SELECT * FROM files WHERE told = 0 AND state IN ('sent', 'withdrawn', 'saved', 'removed', 'gone', 'refused')",
      ),
      setTold: db.prepare("UPDATE files SET told = 1 WHERE mailbox = ? AND id = ? AND part = ?"),
      withdraw: db.prepare(
        "UPDATE files SET state = 'withdrawn', told = 0 WHERE mailbox = ? AND id = ? AND state = 'sent'",
      ),
      withdrawExpired: db.prepare(
        `UPDATE files SET state = 'withdrawn', told = 0 WHERE state = 'sent' AND EXISTS (
           SELECT 1 FROM messages WHERE messages.mailbox = files.mailbox AND messages.id = files.id AND expires <= ?)`,
      ),
      delete: db.prepare("DELETE FROM files WHERE mailbox = ? AND id = ? AND part = ?"),
    } satisfies Record<string, StatementSync>;
  }

  /** Adds a batch. */
  addBatch({ id, mailbox, time, plan }: FileBatchRow): void {
    this.#statements.addBatch.run(id, mailbox, time, this.#cipher.seal(batchPlace(id), plan));
  }

  /** The batches whose message is not in the outbox yet, oldest first. */
  batches(): FileBatchRow[] {
    return this.#statements.batches.all().map((row) => this.#toBatch(row));
  }

  /** A batch; undefined where its message is in the outbox, or it was given up. */
  batch(id: Uint8Array): FileBatchRow | undefined {
    const row = this.#statements.batch.get(id);
    return row && this.#toBatch(row);
  }

  /** Forgets a batch. */
  deleteBatch(id: Uint8Array): void {
    this.#statements.deleteBatch.run(id);
  }

  /** The messages that name files, in the order of the history. */
  messages(): MessageRow[] {
    return this.#statements.messages.all().map((row) => openMessageRow(this.#cipher, row));
  }

  /** What has become of a file; undefined where nothing has. */
  get({ mailbox, id, part }: FilePlace): FileRow | undefined {
    const row = this.#statements.get.get(mailbox, id, part);
    return row && this.#toFile(row);
  }

  /** Notes what has become of a file. */
  put({ mailbox, id, part, blob, state, told, where }: FileRow): void {
    const sealed = this.#cipher.seal(filePlace({ mailbox, id, part }), where);
    this.#statements.put.run(mailbox, id, part, blob, state, told ? 1 : 0, sealed);
  }

  /** Files of which the relay has to be told something. */
  untold(): FileRow[] {
    return this.#statements.untold.all().map((row) => this.#toFile(row));
  }

  /** Notes that the relay knows. Of a file that was withdrawn nothing is left then. */
  setTold({ mailbox, id, part, state }: FileRow): void {
    const { setTold, delete: forget } = this.#statements;
    (state === "withdrawn" ? forget : setTold).run(mailbox, id, part);
  }

  /** Notes that the relay is to delete the files that this device has sent with a message. */
  withdraw(mailbox: string, id: Uint8Array): void {
    this.#statements.withdraw.run(mailbox, id);
  }

  /** The same for all messages whose time is up, milliseconds since 1970; before they are deleted. */
  withdrawExpired(now: number): void {
    this.#statements.withdrawExpired.run(now);
  }

  #toBatch(stored: Record<string, unknown>): FileBatchRow {
    const { id, mailbox, time, sealed } = stored as unknown as FileBatchRow & { sealed: Uint8Array };
    return { id, mailbox, time, plan: this.#cipher.open(batchPlace(id), sealed) };
  }

  #toFile(stored: Record<string, unknown>): FileRow {
    const { told, sealed, ...row } = stored as unknown as Omit<FileRow, "told" | "where"> & {
      told: number;
      sealed: Uint8Array;
    };
    return { ...row, told: told === 1, where: this.#cipher.open(filePlace(row), sealed) };
  }
}

function batchPlace(id: Uint8Array): string {
  return `file_batches|${encodeHex(id)}`;
}

/** Where what is known of a file stands, for the cipher. */
export function filePlace({ mailbox, id, part }: FilePlace): string {
  return `files|${mailbox}|${encodeHex(id)}|${part}`;
}
