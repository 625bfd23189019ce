import type { DatabaseSync } from "node:sqlite";
import { type CborValue, encodeCbor } from "../bytes/mod.ts";
import { digest } from "../crypto/mod.ts";
import { type Entry, limits, type StoredEntry } from "../wire/mod.ts";
import { EntryIds } from "./entry_ids.ts";
import type { LogRecord } from "./log_record.ts";
import type { Place } from "./mailbox_store.ts";
import type { SqliteDevices } from "./sqlite_devices.ts";
import type { NewMessage, OpenSegment } from "./open_segment.ts";
import type { SqliteMailboxes } from "./sqlite_mailboxes.ts";
import type { StoredMailbox } from "./stored_mailbox.ts";
import type { SqliteSegments } from "./sqlite_segments.ts";

/** Where a welcome came from: the row of the conversation and the commit's place. */
interface Origin {
  mailbox: number;
  seq: number;
}

/**
 * The entries of all mailboxes in a relay's database: messages in segments, commits and welcomes each in a row
 * for itself.
 */
export class SqliteEntryLog {
  readonly #devices: SqliteDevices;
  readonly #mailboxes: SqliteMailboxes;
  readonly #segments: SqliteSegments;
  readonly #statements;

  /** Prepares the statements. */
  constructor(
    db: DatabaseSync,
    devices: SqliteDevices,
    mailboxes: SqliteMailboxes,
    segments: SqliteSegments,
  ) {
    this.#devices = devices;
    this.#segments = segments;
    this.#mailboxes = mailboxes;
    const range = "mailbox = ? AND seq BETWEEN ? AND ?";
    this.#statements = {
      insert: db.prepare(
        "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ),
      ids: db.prepare("SELECT seq, sender, id FROM entry WHERE mailbox = ? AND seq > ? ORDER BY seq"),
      time: db.prepare("SELECT time FROM entry WHERE mailbox = ? AND seq = ?"),
      isCommit: db.prepare("SELECT 1 FROM entry WHERE mailbox = ? AND seq = ? AND kind = 'commit'"),
      read: db.prepare(
        `SELECT entry.seq, id, kind, sender, time, ifnull(entry.body, welcome.body) AS body, origin_seq,
           (SELECT name FROM mailbox WHERE mailbox.id = origin_mailbox) AS origin
         FROM entry LEFT JOIN welcome ON welcome.mailbox = origin_mailbox AND welcome.seq = origin_seq
         WHERE entry.mailbox = ? AND entry.seq BETWEEN ? AND ? ORDER BY entry.seq`,
      ),
      sum: db.prepare(`SELECT count(*) AS entries, ifnull(sum(size), 0) AS bytes FROM entry WHERE ${range}`),
      delete: db.prepare(`DELETE FROM entry WHERE ${range}`),
      origins: db.prepare(
        `SELECT DISTINCT origin_mailbox AS mailbox, origin_seq AS seq FROM entry
         WHERE ${range} AND origin_mailbox IS NOT NULL`,
      ),
      findWelcome: db.prepare("SELECT 1 FROM welcome WHERE mailbox = ? AND seq = ?"),
      insertWelcome: db.prepare("INSERT INTO welcome VALUES (?, ?, ?)"),
      deleteWelcome: db.prepare(
        `DELETE FROM welcome WHERE mailbox = ?1 AND seq = ?2
         AND NOT EXISTS (SELECT 1 FROM entry WHERE origin_mailbox = ?1 AND origin_seq = ?2)`,
      ),
      firstSince: db.prepare(
        "SELECT seq FROM entry WHERE mailbox = ? AND seq > ? AND time >= ? ORDER BY seq LIMIT 1",
      ),
      // Looks at the oldest entry of each mailbox only.
      olderThan: db.prepare(
        `SELECT name FROM mailbox WHERE ?1 > (
           SELECT time FROM entry WHERE mailbox = mailbox.id AND seq > trimmed ORDER BY seq LIMIT 1) OR ?1 > (
           SELECT time FROM segment WHERE mailbox = mailbox.id ORDER BY last LIMIT 1)`,
      ),
    };
  }

  /** Finds what was appended with an id and is still there. */
  findById(mailbox: StoredMailbox, sender: number, id: Uint8Array): Place | undefined {
    const seq = this.#idsOf(mailbox).find(sender, id, mailbox.trimmed + 1);
    return seq === undefined ? undefined : this.#placeOf(mailbox, seq);
  }

  /** Appends a message after the last entry, like {@link append}; tells of the segment that it opens. */
  appendMessage(
    mailbox: StoredMailbox,
    message: NewMessage,
    now: () => number,
  ): { place: Place; opened?: OpenSegment } {
    const appended = this.#segments.add(mailbox, message, now);
    mailbox.ids?.add(appended.place.seq, message, mailbox.trimmed + 1);
    this.#count(mailbox, appended.place.seq, message.body.length);
    return appended;
  }

  /** Writes the messages that were appended. */
  write(): void {
    this.#segments.write();
  }

  /** To be called when nobody looks at the messages any more that were written. */
  recycle(): void {
    this.#segments.recycle();
  }

  /** Drops the messages that were appended, because a transaction was rolled back. */
  forget(): void {
    this.#segments.forget();
  }

  /** Finds a message that was appended with an id and is kept whole. Not a commit: a hundred could be 300 MB. */
  findStored(mailbox: StoredMailbox, sender: number, id: Uint8Array): StoredEntry | undefined {
    const seq = this.findById(mailbox, sender, id)?.seq;
    if (seq === undefined || this.#statements.isCommit.get(mailbox.id, seq) !== undefined) return undefined;
    const entry = this.read(mailbox, seq, seq, 1)[0];
    if (entry?.kind !== "message") return undefined;
    return { id: entry.id, seq: entry.seq, time: entry.time, digest: digest("SHA-256", entry.body) };
  }

  /** Appends a record after the last one. The caller has made sure that its id is new. */
  append(mailbox: StoredMailbox, record: LogRecord): void {
    const seq = mailbox.head + 1;
    const sender = this.#devices.findOrAdd(record.from).id;
    const origin = this.#originOf(record);
    if (origin !== undefined) this.#keepWelcome(origin, record.body);
    this.#statements.insert.run(
      mailbox.id,
      seq,
      sender,
      record.id,
      record.kind,
      record.time,
      record.body.length,
      origin?.mailbox ?? null,
      origin?.seq ?? null,
      encodeChange(record),
      origin === undefined ? record.body : null,
    );
    mailbox.ids?.add(seq, { sender, id: record.id }, mailbox.trimmed + 1);
    mailbox.singles++;
    mailbox.singleBytes += record.body.length;
    this.#count(mailbox, seq, record.body.length);
    this.#mailboxes.touch(mailbox);
  }

  /** Reads entries of a range, oldest first, bounded in number and in bytes. */
  read(mailbox: StoredMailbox, first: number, last: number, limit: number): Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (const entry of this.#readAll(mailbox, first, last)) {
      bytes += entry.body.length;
      if (entries.length === limit || (bytes > limits.maxSyncBytes && entries.length > 0)) break;
      entries.push(entry);
    }
    return entries;
  }

  /** Deletes a range of entries, and the welcomes that nothing refers to any more. */
  delete(mailbox: StoredMailbox, first: number, last: number): void {
    // What is below is deleted or part of a row that could not be.
    const segments = this.#segments.delete(mailbox, first === mailbox.trimmed + 1 ? 0 : first, last);
    mailbox.entries -= segments.entries;
    mailbox.bytes -= segments.bytes;
    if (mailbox.singles > 0) this.#deleteSingles(mailbox, first, last);
  }

  /** Names the mailboxes whose oldest entry is from before a time. */
  olderThan(time: number): string[] {
    return this.#statements.olderThan.all(time).map(({ name }) => String(name));
  }

  /** Finds the first entry since a time; the one after the last where there is none. */
  firstSince(mailbox: StoredMailbox, time: number): number {
    const single = this.#statements.firstSince.get(mailbox.id, mailbox.trimmed, time);
    const segment = mailbox.segments.find((segment) => segment.time >= time);
    return Math.min(Number(single?.seq ?? mailbox.head + 1), segment?.first ?? mailbox.head + 1);
  }

  #count(mailbox: StoredMailbox, seq: number, bytes: number): void {
    mailbox.head = seq;
    mailbox.entries++;
    mailbox.bytes += bytes;
    this.#mailboxes.grow();
  }

  /** Merges the two tables, each of which is read only as far as someone asks. */
  *#readAll(mailbox: StoredMailbox, first: number, last: number): Iterable<Entry> {
    const singles = this.#readSingles(mailbox, first, last);
    try {
      let single = singles.next();
      for (const message of this.#segments.read(mailbox, first, last)) {
        for (; !single.done && single.value.seq < message.seq; single = singles.next()) yield single.value;
        yield message;
      }
      for (; !single.done; single = singles.next()) yield single.value;
    } finally {
      singles.return();
    }
  }

  *#readSingles(mailbox: StoredMailbox, first: number, last: number): Generator<Entry, void, void> {
    if (mailbox.singles === 0) return;
    for (const row of this.#statements.read.iterate(mailbox.id, first, last)) yield this.#toEntry(row);
  }

  #deleteSingles(mailbox: StoredMailbox, first: number, last: number): void {
    const { entries, bytes } = this.#statements.sum.get(mailbox.id, first, last) as Record<string, number>;
    if (!entries) return;
    const origins = mailbox.epoch > 0 ? [] : this.#statements.origins.all(mailbox.id, first, last);
    this.#statements.delete.run(mailbox.id, first, last);
    for (const origin of origins) {
      this.#statements.deleteWelcome.run(Number(origin.mailbox), Number(origin.seq));
    }
    mailbox.singles -= entries;
    mailbox.singleBytes -= bytes ?? 0;
    mailbox.entries -= entries;
    mailbox.bytes -= bytes ?? 0;
    this.#mailboxes.touch(mailbox);
  }

  /** Read when someone asks first. */
  #idsOf(mailbox: StoredMailbox): EntryIds {
    return mailbox.ids ??= this.#readIds(mailbox);
  }

  #readIds(mailbox: StoredMailbox): EntryIds {
    const { trimmed } = mailbox;
    const entries: { seq: number; sender: number; id: Uint8Array }[] = [
      ...this.#segments.ids(mailbox, trimmed),
    ];
    for (const { seq, sender, id } of this.#statements.ids.iterate(mailbox.id, trimmed)) {
      entries.push({ seq: Number(seq), sender: Number(sender), id: id as Uint8Array });
    }
    const ids = new EntryIds(trimmed + 1);
    for (const entry of entries.sort((a, b) => a.seq - b.seq)) ids.add(entry.seq, entry, trimmed + 1);
    return ids;
  }

  #placeOf(mailbox: StoredMailbox, seq: number): Place | undefined {
    const known = this.#segments.timeOf(mailbox, seq) ?? this.#statements.time.get(mailbox.id, seq)?.time;
    return known === undefined ? undefined : { seq, time: Number(known) };
  }

  /** Once for all devices: it may be megabytes long, and they may be a thousand. */
  #keepWelcome({ mailbox, seq }: Origin, body: Uint8Array): void {
    if (this.#statements.findWelcome.get(mailbox, seq) !== undefined) return;
    this.#statements.insertWelcome.run(mailbox, seq, body);
  }

  #originOf(record: LogRecord): Origin | undefined {
    if (record.conversation === undefined) return undefined;
    const { mailbox, seq } = record.conversation;
    return { mailbox: this.#mailboxes.findOrAdd(mailbox).id, seq };
  }

  #toEntry(row: Record<string, unknown>): Entry {
    const entry: Entry = {
      seq: Number(row.seq),
      id: row.id as Entry["id"],
      kind: row.kind as Entry["kind"],
      from: this.#devices.nameOf(Number(row.sender)),
      time: Number(row.time),
      body: row.body as Entry["body"],
    };
    if (row.origin !== null) {
      entry.conversation = { mailbox: String(row.origin), seq: Number(row.origin_seq) };
    }
    return entry;
  }
}

/** The members that a commit changes, so that the log alone is enough to project again. */
function encodeChange(record: LogRecord): Uint8Array | null {
  if (record.change === undefined) return null;
  const { add, remove } = record.change;
  return encodeCbor({ add, remove } as unknown as CborValue);
}
