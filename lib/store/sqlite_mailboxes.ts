import type { DatabaseSync } from "node:sqlite";
import { type DeviceRef, formatDeviceRef } from "../wire/mod.ts";
import { findDeletable } from "./mailbox_state.ts";
import type { MembershipChanges } from "./project_entry.ts";
import type { SqliteDevices } from "./sqlite_devices.ts";
import type { SqliteSegments } from "./sqlite_segments.ts";
import { newMailbox, type StoredMailbox } from "./stored_mailbox.ts";

/** Members and entries of the mailboxes kept in memory, together; at about 100 bytes each. */
const MAX_WEIGHT = 500_000;

/**
 * The states of mailboxes in a relay's database. The ones used last are kept in memory, for every append needs
 * one; changes of numbers and acknowledgements are gathered and written once per transaction.
 */
export class SqliteMailboxes {
  readonly #devices: SqliteDevices;
  readonly #segments: SqliteSegments;
  readonly #statements;
  /** In the order of their last use. */
  readonly #cache = new Map<string, StoredMailbox>();
  readonly #dirty = new Set<StoredMailbox>();
  /** What was read and added; it overestimates, and is counted anew when it is too much. */
  #weight = 0;
  #last: StoredMailbox | undefined;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, devices: SqliteDevices, segments: SqliteSegments) {
    this.#devices = devices;
    this.#segments = segments;
    this.#statements = {
      find: db.prepare("SELECT id, head, epoch, trimmed, entries, bytes FROM mailbox WHERE name = ?"),
      insert: db.prepare(
        "INSERT INTO mailbox (name, head, epoch, trimmed, entries, bytes) VALUES (?, 0, 0, 0, 0, 0)",
      ),
      update: db.prepare(
        "UPDATE mailbox SET head = ?, epoch = ?, trimmed = ?, entries = ?, bytes = ? WHERE id = ?",
      ),
      members: db.prepare("SELECT device, floor, ceiling, acked, revoked FROM member WHERE mailbox = ?"),
      putMember: db.prepare("INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?, ?, ?)"),
      deleteMember: db.prepare("DELETE FROM member WHERE device = ? AND mailbox = ?"),
      setAcked: db.prepare("UPDATE member SET acked = ? WHERE device = ? AND mailbox = ?"),
      countOfDevice: db.prepare("SELECT count(*) AS count FROM member WHERE device = ?"),
      ofDevice: db.prepare(
        `SELECT name, min(h, ifnull(ceiling, h)) AS head FROM (
           SELECT name, ceiling, max(head, acked, ifnull(
             (SELECT max(last) FROM segment WHERE segment.mailbox = mailbox.id), 0)) AS h
           FROM member JOIN mailbox ON mailbox.id = mailbox
           WHERE device = ? AND NOT revoked AND name > ? ORDER BY name LIMIT ?)`,
      ),
      allOfDevice: db.prepare(
        "SELECT name FROM member JOIN mailbox ON mailbox.id = mailbox WHERE device = ?",
      ),
    };
  }

  /** Finds a mailbox. What is read outside a transaction must not be changed. */
  find(name: string): StoredMailbox | undefined {
    // Requests come in runs.
    if (this.#last?.name === name) return this.#last;
    const cached = this.#cache.get(name);
    if (cached === undefined) return this.#last = this.#load(name);
    this.#cache.delete(name);
    this.#cache.set(name, cached);
    return this.#last = cached;
  }

  /** Finds a mailbox or makes an empty one without members. */
  findOrAdd(name: string): StoredMailbox {
    const found = this.find(name);
    if (found !== undefined) return found;
    const { lastInsertRowid } = this.#statements.insert.run(name);
    const id = Number(lastInsertRowid);
    return this.#keep(newMailbox(id, name));
  }

  /** Notes that what stands in the row of a mailbox changed. */
  touch(mailbox: StoredMailbox): void {
    mailbox.changed = true;
    this.#dirty.add(mailbox);
  }

  /** Notes that a mailbox takes up more memory. */
  grow(): void {
    this.#weight++;
  }

  /** Notes that a member acknowledged something. */
  touchAcked(mailbox: StoredMailbox, device: string): void {
    mailbox.acknowledged.add(device);
    this.touchReaders(mailbox);
  }

  /** Notes that someone reads no more, or needs less. */
  touchReaders(mailbox: StoredMailbox): void {
    mailbox.trimDue = true;
    this.#dirty.add(mailbox);
  }

  /** Changes memberships otherwise than by an entry; one that is undefined is over. */
  changeMembers(mailbox: StoredMailbox, changes: MembershipChanges): void {
    for (const [name, membership] of changes) {
      if (membership === undefined) mailbox.members.delete(name);
      else mailbox.members.set(name, membership);
    }
    if (changes.size === 0) return;
    this.putMembers(mailbox, changes);
    // Those who remain may not tell how far the mailbox was.
    this.touch(mailbox);
  }

  /** Writes memberships that changed. */
  putMembers(mailbox: StoredMailbox, changes: MembershipChanges): void {
    for (const [name, member] of changes) {
      const device = this.#devices.findOrAdd(parseDevice(name)).id;
      mailbox.acknowledged.delete(name);
      if (member === undefined) this.#statements.deleteMember.run(device, mailbox.id);
      else {
        const { floor, ceiling, acked, revoked } = member;
        this.#statements.putMember.run(device, mailbox.id, floor, ceiling ?? null, acked, Number(revoked));
      }
    }
  }

  /** Counts the mailboxes of a device. */
  countOf(device: number): number {
    return Number(this.#statements.countOfDevice.get(device)?.count);
  }

  /** Lists the mailboxes that a device reads, by name. */
  listOf(device: number, after: string, limit: number): { mailbox: string; head: number }[] {
    const rows = this.#statements.ofDevice.all(device, after, limit);
    return rows.map(({ name, head }) => ({ mailbox: String(name), head: Number(head) }));
  }

  /** Names all mailboxes that a device was added to. */
  namesOf(device: number): string[] {
    return this.#statements.allOfDevice.all(device).map(({ name }) => String(name));
  }

  /** The mailboxes in which entries may have become ones that nobody needs; each once. */
  *takeTrimDue(): Iterable<StoredMailbox> {
    for (const mailbox of this.#dirty) {
      if (mailbox.trimDue) yield mailbox;
      mailbox.trimDue = false;
    }
  }

  /** Writes what was noted. */
  write(): void {
    for (const mailbox of this.#dirty) {
      for (const name of mailbox.acknowledged) {
        const acked = mailbox.members.get(name)?.acked;
        if (acked === undefined) continue;
        this.#statements.setAcked.run(acked, this.#devices.findOrAdd(parseDevice(name)).id, mailbox.id);
      }
      mailbox.acknowledged.clear();
      if (!mailbox.changed) continue;
      const { head, epoch, trimmed, singles, singleBytes, id } = mailbox;
      this.#statements.update.run(head, epoch, trimmed, singles, singleBytes, id);
      mailbox.changed = false;
    }
    this.#dirty.clear();
  }

  /** Forgets what was read, because a transaction was rolled back. */
  forget(): void {
    this.#cache.clear();
    this.#last = undefined;
    this.#weight = 0;
    this.#dirty.clear();
  }

  /** Lets go of the mailboxes that were not used for longest; only between transactions. */
  shrink(): void {
    if (this.#weight <= MAX_WEIGHT) return;
    this.#weight = 0;
    this.#last = undefined;
    for (const mailbox of this.#cache.values()) this.#weight += weigh(mailbox);
    for (const mailbox of this.#cache.values()) {
      if (this.#weight <= MAX_WEIGHT / 2) return;
      this.#weight -= weigh(mailbox);
      this.#cache.delete(mailbox.name);
    }
  }

  #load(name: string): StoredMailbox | undefined {
    const row = this.#statements.find.get(name) as Record<string, number> | undefined;
    if (row === undefined) return undefined;
    const mailbox = newMailbox(Number(row.id), name);
    mailbox.epoch = Number(row.epoch);
    for (const member of this.#statements.members.all(mailbox.id)) {
      const { device, floor, ceiling, acked, revoked } = member as Record<string, number | null>;
      mailbox.members.set(formatDeviceRef(this.#devices.nameOf(Number(device))), {
        floor: Number(floor),
        ceiling: ceiling ?? undefined,
        acked: Number(acked),
        revoked: revoked === 1,
      });
    }
    mailbox.segments = this.#segments.list(mailbox.id);
    this.#restoreNumbers(mailbox, row);
    return this.#keep(mailbox);
  }

  /** Messages do not touch the mailbox's row: what they change follows from their rows and the acknowledgements. */
  #restoreNumbers(mailbox: StoredMailbox, row: Record<string, number>): void {
    mailbox.singles = mailbox.entries = row.entries!;
    mailbox.singleBytes = mailbox.bytes = row.bytes!;
    for (const { first, last, bytes } of mailbox.segments) {
      mailbox.entries += last - first + 1;
      mailbox.bytes += bytes;
    }
    mailbox.head = Math.max(row.head!, mailbox.segments.at(-1)?.last ?? 0);
    for (const { acked } of mailbox.members.values()) mailbox.head = Math.max(mailbox.head, acked);
    mailbox.trimmed = row.trimmed!;
    mailbox.trimmed = findDeletable(mailbox).trimmed;
  }

  #keep(mailbox: StoredMailbox): StoredMailbox {
    this.#weight += weigh(mailbox);
    this.#cache.set(mailbox.name, mailbox);
    return mailbox;
  }
}

function weigh(mailbox: StoredMailbox): number {
  return 1 + mailbox.members.size + mailbox.entries;
}

function parseDevice(name: string): DeviceRef {
  const slash = name.indexOf("/");
  return { user: name.slice(0, slash), device: name.slice(slash + 1) };
}
