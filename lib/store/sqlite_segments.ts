import type { DatabaseSync } from "node:sqlite";
import { decodeEntries, type Entry } from "../wire/mod.ts";
import type { Place } from "./mailbox_store.ts";
import { type NewMessage, OpenSegment, SEGMENT_ID_BYTES } from "./open_segment.ts";
import type { Segment, StoredMailbox } from "./stored_mailbox.ts";

/** Segments that wait to be used again, in number, and in bytes of each. */
const MAX_SPARE = 256, MAX_SPARE_BYTES = 64 * 1024;

/** The messages of all mailboxes in a relay's database, in rows of all that came in one transaction. */
export class SqliteSegments {
  readonly #statements;
  /** What was added in this transaction, in order. */
  #unwritten: { mailbox: StoredMailbox; segment: OpenSegment }[] = [];
  /** What was written and may still be looked at. */
  #written: OpenSegment[] = [];
  readonly #spare: OpenSegment[] = [];

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#statements = {
      list: db.prepare("SELECT first, last, time, bytes FROM segment WHERE mailbox = ? ORDER BY last"),
      insert: db.prepare(
        "INSERT INTO segment (mailbox, first, last, time, bytes, ids, entries) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ),
      delete: db.prepare("DELETE FROM segment WHERE mailbox = ? AND last BETWEEN ? AND ?"),
      ids: db.prepare("SELECT first, ids FROM segment WHERE mailbox = ? AND last > ? ORDER BY last"),
      read: db.prepare(
        "SELECT entries FROM segment WHERE mailbox = ? AND last >= ? AND first <= ? ORDER BY last",
      ),
    };
  }

  /** Lists the segments of a mailbox. */
  list(mailbox: number): Segment[] {
    return this.#statements.list.all(mailbox) as unknown as Segment[];
  }

  /** Adds a message after the last entry, and returns the segment where it is the first one in it. */
  add(
    mailbox: StoredMailbox,
    message: NewMessage,
    now: () => number,
  ): { place: Place; opened?: OpenSegment } {
    const { open } = mailbox;
    if (open?.last === mailbox.head && open.hasRoomFor(message.body.length)) {
      return { place: open.add(message) };
    }
    const segment = this.#spare.pop() ?? new OpenSegment();
    segment.begin(mailbox.head + 1, open?.time ?? now());
    mailbox.open = segment;
    this.#unwritten.push({ mailbox, segment });
    return { place: segment.add(message), opened: segment };
  }

  /** Writes what was added. */
  write(): void {
    for (const { mailbox, segment } of this.#unwritten) {
      const { first, last, time, bytes, ids } = segment;
      this.#statements.insert.run(mailbox.id, first, last, time, bytes, ids, segment.entries());
      mailbox.segments.push({ first, last, time, bytes });
      mailbox.open = undefined;
      this.#written.push(segment);
    }
    this.#unwritten = [];
  }

  /** Uses again what was written, when nobody looks at it any more. */
  recycle(): void {
    for (const segment of this.#written) {
      if (this.#spare.length < MAX_SPARE && segment.capacity <= MAX_SPARE_BYTES) this.#spare.push(segment);
    }
    this.#written = [];
  }

  /** Drops what was added, because a transaction was rolled back. */
  forget(): void {
    this.#unwritten = [];
    this.#written = [];
  }

  /** Reads the entries of a range, in order. */
  *read(mailbox: StoredMailbox, first: number, last: number): Iterable<Entry> {
    for (const row of this.#statements.read.iterate(mailbox.id, first, last)) {
      for (const entry of decodeEntries(row.entries as Uint8Array)) {
        if (entry.seq >= first && entry.seq <= last) yield entry;
      }
    }
  }

  /** Reads who sent what stands after a sequence number, in order. */
  *ids(mailbox: StoredMailbox, after: number): Iterable<{ seq: number; sender: number; id: Uint8Array }> {
    for (const row of this.#statements.ids.iterate(mailbox.id, after)) {
      const ids = row.ids as Uint8Array;
      for (let at = 0, seq = Number(row.first); at < ids.length; at += SEGMENT_ID_BYTES, seq++) {
        if (seq <= after) continue;
        const sender = new DataView(ids.buffer, ids.byteOffset + at).getUint32(0);
        yield { seq, sender, id: ids.subarray(at + 4, at + SEGMENT_ID_BYTES) };
      }
    }
  }

  /** When a message was accepted, those of this transaction among them; undefined where no segment has it. */
  timeOf(mailbox: StoredMailbox, seq: number): number | undefined {
    const segment = mailbox.segments.find(({ last }) => last >= seq);
    if (segment !== undefined) return segment.first <= seq ? segment.time : undefined;
    return this.#unwritten.find((added) => {
      return added.mailbox === mailbox && added.segment.first <= seq && seq <= added.segment.last;
    })?.segment.time;
  }

  /** Deletes the segments that lie in a range as a whole, and returns what was in them. */
  delete(mailbox: StoredMailbox, first: number, last: number): { entries: number; bytes: number } {
    const { segments } = mailbox;
    const from = segments.findIndex((segment) => segment.first >= first);
    const deleted = { entries: 0, bytes: 0 };
    if (from < 0) return deleted;
    let to = from;
    for (let next = segments[to]; next !== undefined && next.last <= last; next = segments[++to]) {
      deleted.entries += next.last - next.first + 1;
      deleted.bytes += next.bytes;
    }
    const [lowest, highest] = [segments[from], segments[to - 1]];
    if (to === from || lowest === undefined || highest === undefined) return deleted;
    this.#statements.delete.run(mailbox.id, lowest.last, highest.last);
    segments.splice(from, to - from);
    return deleted;
  }
}
