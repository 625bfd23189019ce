import type { DatabaseSync, StatementSync } from "node:sqlite";
import { BLOB_RECORD_BYTES, type DeviceRef } from "../wire/mod.ts";

/** What is known of a blob. */
export interface BlobFacts {
  /** Its id. */
  id: Uint8Array<ArrayBuffer>;
  /** Who uploads it. */
  creator: DeviceRef;
  /** The conversation that it belongs to. */
  mailbox: string;
  /** Its length in records. */
  records: number;
  /** The length of its last record. */
  lastRecordBytes: number;
  /** Once it is finished: whoever may read this entry of the conversation may fetch the blob. */
  seq: number | undefined;
  /** So many records at least are stored. */
  stored: number;
}

/** How much is stored. */
export interface BlobTotals {
  /** Blobs, finished or not. */
  blobs: number;
  /** Their declared sizes together. */
  bytes: number;
  /** Those that are not finished. */
  uploads: number;
}

/** The length of a blob. */
export function blobBytes(
  { records, lastRecordBytes }: { records: number; lastRecordBytes: number },
): number {
  return (records - 1) * BLOB_RECORD_BYTES + lastRecordBytes;
}

/** The table of blobs. Whoever writes does so within a transaction. */
export class BlobCatalog {
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #touch: StatementSync;
  readonly #setStored: StatementSync;
  readonly #finish: StatementSync;
  readonly #delete: StatementSync;
  readonly #addDone: StatementSync;
  readonly #done: StatementSync;
  readonly #ofUser: StatementSync;
  readonly #totals: StatementSync;
  readonly #over: StatementSync;
  readonly #partlyDone: StatementSync;

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#find = db.prepare("SELECT * FROM blob WHERE id = ?");
    this.#insert = db.prepare(
      "INSERT INTO blob (id, user, device, mailbox, records, last_record_bytes, bytes, stored, time) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
    );
    this.#touch = db.prepare("UPDATE blob SET time = ? WHERE id = ?");
    this.#setStored = db.prepare("UPDATE blob SET stored = ? WHERE id = ?");
    this.#finish = db.prepare(
      "UPDATE blob SET time = iif(seq IS NULL, ?, time), seq = max(?, coalesce(seq, 0)), stored = records WHERE id = ?",
    );
    this.#delete = db.prepare("DELETE FROM blob WHERE id = ?");
    this.#addDone = db.prepare("INSERT OR IGNORE INTO blob_done (blob, device) VALUES (?, ?)");
    this.#done = db.prepare("SELECT device FROM blob_done WHERE blob = ?");
    this.#ofUser = db.prepare(
      "SELECT count(*) AS blobs, coalesce(sum(bytes), 0) AS bytes FROM blob WHERE user = ?",
    );
    this.#totals = db.prepare(
      "SELECT count(*) AS blobs, coalesce(sum(bytes), 0) AS bytes, coalesce(sum(seq IS NULL), 0) AS uploads FROM blob",
    );
    this.#over = db.prepare("SELECT id FROM blob WHERE time < iif(seq IS NULL, ?, ?)");
    this.#partlyDone = db.prepare("SELECT DISTINCT blob AS id FROM blob_done");
  }

  /** Looks a blob up. */
  find(id: Uint8Array): BlobFacts | undefined {
    const row = this.#find.get(id);
    if (row === undefined) return undefined;
    return {
      id: row.id as Uint8Array<ArrayBuffer>,
      creator: { user: String(row.user), device: String(row.device) },
      mailbox: String(row.mailbox),
      records: Number(row.records),
      lastRecordBytes: Number(row.last_record_bytes),
      seq: row.seq === null ? undefined : Number(row.seq),
      stored: Number(row.stored),
    };
  }

  /** Adds a blob of which nothing is stored yet. */
  add(blob: Omit<BlobFacts, "seq" | "stored">, time: number): void {
    const { id, creator: { user, device }, mailbox, records, lastRecordBytes } = blob;
    this.#insert.run(id, user, device, mailbox, records, lastRecordBytes, blobBytes(blob), time);
  }

  /** Notes that somebody goes on with an upload. */
  touch(id: Uint8Array, time: number): void {
    this.#touch.run(time, id);
  }

  /** Notes that so many records are stored. */
  setStored(id: Uint8Array, stored: number): void {
    this.#setStored.run(stored, id);
  }

  /** Notes that a blob is finished; a second time only for a later entry. */
  finish(id: Uint8Array, seq: number, time: number): void {
    this.#finish.run(time, seq, id);
  }

  /** Forgets a blob. */
  delete(id: Uint8Array): void {
    this.#delete.run(id);
  }

  /** Notes that a device does not need a blob any more. */
  addDone(id: Uint8Array, device: string): void {
    this.#addDone.run(id, device);
  }

  /** The devices that do not need a blob any more. */
  doneBy(id: Uint8Array): Set<string> {
    return new Set(this.#done.all(id).map(({ device }) => String(device)));
  }

  /** What a user has uploaded. */
  ofUser(user: string): { blobs: number; bytes: number } {
    return this.#ofUser.get(user) as { blobs: number; bytes: number };
  }

  /** What everybody has uploaded. */
  totals(): BlobTotals {
    return this.#totals.get() as unknown as BlobTotals;
  }

  /** Uploads and finished blobs from before a time each. */
  over(uploadsBefore: number, finishedBefore: number): Uint8Array<ArrayBuffer>[] {
    return this.#over.all(uploadsBefore, finishedBefore).map(({ id }) => id as Uint8Array<ArrayBuffer>);
  }

  /** The blobs that at least one device does not need any more. */
  partlyDone(): Uint8Array<ArrayBuffer>[] {
    return this.#partlyDone.all().map(({ id }) => id as Uint8Array<ArrayBuffer>);
  }
}
