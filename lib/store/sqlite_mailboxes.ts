import type { DatabaseSync } from "node:sqlite";
import { type DeviceRef, formatDeviceRef } from "../wire/mod.ts";
import { emptyMailbox, type MailboxState } from "./mailbox_state.ts";
import type { MembershipChanges } from "./project_entry.ts";
import type { SqliteDevices } from "./sqlite_devices.ts";

/** A mailbox with its row and what has not been written yet. */
export interface StoredMailbox extends MailboxState {
  /** Its row. */
  id: number;
  /** Its name. */
  name: string;
  /** Where each sender's and id's entry stands; read when it is needed first. */
  ids?: Map<string, number>;
  /** Whether the row is out of date. */
  changed: boolean;
  /** Whether an entry may have become one that nobody needs. */
  trimDue: boolean;
  /** Members who acknowledged something that has not been written. */
  acknowledged: Set<string>;
}

/** Members and entries of the mailboxes kept in memory, together; at about 100 bytes each. */
const MAX_WEIGHT = 500_000;

/**
 * The states of mailboxes in a relay's database. The ones used last are kept in memory, for every append needs
 * one; changes of numbers and acknowledgements are gathered and written once per transaction.
 */
export class SqliteMailboxes {
  readonly #devices: SqliteDevices;
  readonly #statements;
  /** In the order of their last use. */
  readonly #cache = new Map<string, StoredMailbox>();
  readonly #dirty = new Set<StoredMailbox>();
  /** What was read and added; it overestimates, and is counted anew when it is too much. */
  #weight = 0;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, devices: SqliteDevices) {
    this.#devices = devices;
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
        `SELECT name, min(head, ifnull(ceiling, head)) AS head FROM member JOIN mailbox ON mailbox.id = mailbox
         WHERE device = ? AND NOT revoked AND name > ? ORDER BY name LIMIT ?`,
      ),
      allOfDevice: db.prepare(
        "SELECT name FROM member JOIN mailbox ON mailbox.id = mailbox WHERE device = ?",
      ),
    };
  }

  /** Finds a mailbox. What is read outside a transaction must not be changed. */
  find(name: string): StoredMailbox | undefined {
    const cached = this.#cache.get(name);
    if (cached !== undefined) {
      this.#cache.delete(name);
      this.#cache.set(name, cached);
      return cached;
    }
    const row = this.#statements.find.get(name);
    if (row === undefined) return undefined;
    const numbers = row as Record<"id" | "head" | "epoch" | "trimmed" | "entries" | "bytes", number>;
    const mailbox = {
      ...numbers,
      name,
      changed: false,
      trimDue: false,
      acknowledged: new Set<string>(),
      members: new Map(),
    };
    for (const member of this.#statements.members.all(mailbox.id)) {
      const { device, floor, ceiling, acked, revoked } = member as Record<string, number | null>;
      mailbox.members.set(formatDeviceRef(this.#devices.nameOf(Number(device))), {
        floor: Number(floor),
        ceiling: ceiling ?? undefined,
        acked: Number(acked),
        revoked: revoked === 1,
      });
    }
    return this.#keep(mailbox);
  }

  /** Finds a mailbox or makes an empty one without members. */
  findOrAdd(name: string): StoredMailbox {
    const found = this.find(name);
    if (found !== undefined) return found;
    const { lastInsertRowid } = this.#statements.insert.run(name);
    const id = Number(lastInsertRowid);
    const mailbox = {
      ...emptyMailbox(),
      id,
      name,
      changed: false,
      trimDue: false,
      acknowledged: new Set<string>(),
    };
    return this.#keep(mailbox);
  }

  /** Notes that the numbers of a mailbox changed. */
  touch(mailbox: StoredMailbox): void {
    mailbox.changed = true;
    this.#dirty.add(mailbox);
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
      const { head, epoch, trimmed, entries, bytes, id } = mailbox;
      this.#statements.update.run(head, epoch, trimmed, entries, bytes, id);
      mailbox.changed = false;
    }
    this.#dirty.clear();
  }

  /** Forgets what was read, because a transaction was rolled back. */
  forget(): void {
    this.#cache.clear();
    this.#weight = 0;
    this.#dirty.clear();
  }

  /** Lets go of the mailboxes that were not used for longest; only between transactions. */
  shrink(): void {
    if (this.#weight <= MAX_WEIGHT) return;
    this.#weight = 0;
    for (const mailbox of this.#cache.values()) this.#weight += weigh(mailbox);
    for (const mailbox of this.#cache.values()) {
      if (this.#weight <= MAX_WEIGHT / 2) return;
      this.#weight -= weigh(mailbox);
      this.#cache.delete(mailbox.name);
    }
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
