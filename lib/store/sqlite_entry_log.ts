import type { DatabaseSync } from "node:sqlite";
import { type CborValue, encodeCbor, encodeHex } from "../bytes/mod.ts";
import { type Entry, limits } from "../wire/mod.ts";
import type { LogRecord } from "./log_record.ts";
import type { Place } from "./mailbox_store.ts";
import type { SqliteDevices } from "./sqlite_devices.ts";
import type { SqliteMailboxes, StoredMailbox } from "./sqlite_mailboxes.ts";

/** Where a welcome came from: the row of the conversation and the commit's place. */
interface Origin {
  mailbox: number;
  seq: number;
}

/** The entries of all mailboxes in a relay's database. */
export class SqliteEntryLog {
  readonly #devices: SqliteDevices;
  readonly #mailboxes: SqliteMailboxes;
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, devices: SqliteDevices, mailboxes: SqliteMailboxes) {
    this.#devices = devices;
    this.#mailboxes = mailboxes;
    const range = "mailbox = ? AND seq BETWEEN ? AND ?";
    this.#statements = {
      insert: db.prepare(
        "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ),
      ids: db.prepare("SELECT seq, sender, id FROM entry WHERE mailbox = ? AND seq > ? ORDER BY seq"),
      time: db.prepare("SELECT time FROM entry WHERE mailbox = ? AND seq = ?"),
      read: db.prepare(
        `SELECT entry.seq, id, kind, sender, time, ifnull(entry.body, welcome.body) AS body, origin_seq,
           (SELECT name FROM mailbox WHERE mailbox.id = origin_mailbox) AS origin
         FROM entry LEFT JOIN welcome ON welcome.mailbox = origin_mailbox AND welcome.seq = origin_seq
         WHERE entry.mailbox = ? AND entry.seq BETWEEN ? AND ? ORDER BY entry.seq LIMIT ?`,
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
        `SELECT name FROM mailbox WHERE entries > 0 AND ? > (
           SELECT time FROM entry WHERE mailbox = mailbox.id AND seq > trimmed ORDER BY seq LIMIT 1)`,
      ),
    };
  }

  /** Finds what was appended with an id and is still there. */
  findById(mailbox: StoredMailbox, sender: number, id: Uint8Array): Place | undefined {
    const seq = this.#idsOf(mailbox).get(entryKey(sender, id));
    if (seq === undefined) return undefined;
    const row = this.#statements.time.get(mailbox.id, seq);
    return row && { seq, time: Number(row.time) };
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
    mailbox.ids?.set(entryKey(sender, record.id), seq);
    mailbox.head = seq;
    mailbox.entries++;
    mailbox.bytes += record.body.length;
    this.#mailboxes.touch(mailbox);
  }

  /** Reads entries of a range, oldest first, bounded in number and in bytes. */
  read(mailbox: StoredMailbox, first: number, last: number, limit: number): Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (const row of this.#statements.read.iterate(mailbox.id, first, last, limit)) {
      const entry = this.#toEntry(row);
      bytes += entry.body.length;
      if (bytes > limits.maxSyncBytes && entries.length > 0) break;
      entries.push(entry);
    }
    return entries;
  }

  /** Deletes a range of entries, and the welcomes that nothing refers to any more. */
  delete(mailbox: StoredMailbox, first: number, last: number): void {
    const { entries, bytes } = this.#statements.sum.get(mailbox.id, first, last) as Record<string, number>;
    if (!entries) return;
    const origins = mailbox.epoch > 0 ? [] : this.#statements.origins.all(mailbox.id, first, last);
    this.#statements.delete.run(mailbox.id, first, last);
    for (const origin of origins) {
      this.#statements.deleteWelcome.run(Number(origin.mailbox), Number(origin.seq));
    }
    mailbox.entries -= entries;
    mailbox.bytes -= bytes ?? 0;
    this.#mailboxes.touch(mailbox);
  }

  /** Names the mailboxes whose oldest entry is from before a time. */
  olderThan(time: number): string[] {
    return this.#statements.olderThan.all(time).map(({ name }) => String(name));
  }

  /** Finds the first entry since a time; the one after the last where there is none. */
  firstSince(mailbox: StoredMailbox, time: number): number {
    return Number(
      this.#statements.firstSince.get(mailbox.id, mailbox.trimmed, time)?.seq ?? mailbox.head + 1,
    );
  }

  /** The ids of the entries kept, in their order. Those of deleted entries go when someone looks again. */
  #idsOf(mailbox: StoredMailbox): Map<string, number> {
    if (mailbox.ids === undefined) {
      mailbox.ids = new Map();
      for (const row of this.#statements.ids.iterate(mailbox.id, mailbox.trimmed)) {
        mailbox.ids.set(entryKey(Number(row.sender), row.id as Uint8Array), Number(row.seq));
      }
    }
    for (const [key, seq] of mailbox.ids) {
      if (seq > mailbox.trimmed) break;
      mailbox.ids.delete(key);
    }
    return mailbox.ids;
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

function entryKey(sender: number, id: Uint8Array): string {
  return `${sender}/${encodeHex(id)}`;
}

/** The members that a commit changes, so that the log alone is enough to project again. */
function encodeChange(record: LogRecord): Uint8Array | null {
  if (record.change === undefined) return null;
  const { add, remove } = record.change;
  return encodeCbor({ add, remove } as unknown as CborValue);
}
