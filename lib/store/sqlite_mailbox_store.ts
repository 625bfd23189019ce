import type { DatabaseSync } from "node:sqlite";
import { ProtocolError } from "../errors/mod.ts";
import { deviceMailbox, type DeviceRef, type Entry, formatDeviceRef } from "../wire/mod.ts";
import {
  admitCommit,
  admitMessage,
  type AppendRequest,
  assertRoom,
  type CommitRequest,
  defaultMailboxLimits,
  type MailboxLimits,
  notAMember,
} from "./admit_entry.ts";
import { GroupCommit } from "./group_commit.ts";
import type { LogRecord } from "./log_record.ts";
import { mailboxMigrations } from "./mailbox_migrations.ts";
import { findDeletable, isReader } from "./mailbox_state.ts";
import type { EntryPage, MailboxHead, MailboxStore, NewEntries, Place } from "./mailbox_store.ts";
import { openDatabase } from "./open_database.ts";
import { applyProjection, type MembershipChanges, projectEntry } from "./project_entry.ts";
import { type KnownDevice, SqliteDevices } from "./sqlite_devices.ts";
import { SqliteEntryLog } from "./sqlite_entry_log.ts";
import { SqliteKeyPackages } from "./sqlite_key_packages.ts";
import { SqliteMailboxes, type StoredMailbox } from "./sqlite_mailboxes.ts";
import { toStorageError } from "./storage_error.ts";
import { WalCheckpoint } from "./wal_checkpoint.ts";

/** How to open a {@link SqliteMailboxStore}. */
export interface SqliteMailboxStoreOptions {
  /** The database's file; made where there is none. */
  path: string;
  /** Milliseconds since 1970. */
  clock: () => number;
  /** Bounds that differ from the default. */
  limits?: Partial<MailboxLimits>;
  /** Gets what failed where nobody waits for it. */
  onError: (error: unknown) => void;
  /** Largest size of the database in bytes; beyond it everything fails as if the disk were full. */
  maxDatabaseBytes?: number;
}

/**
 * A {@link MailboxStore} in one SQLite database, for one process at a time. What arrives in one turn of the
 * event loop becomes one transaction (see `GroupCommit`), and an entry's projection is part of it.
 */
export class SqliteMailboxStore implements MailboxStore {
  readonly #db: DatabaseSync;
  readonly #clock: () => number;
  readonly #limits: MailboxLimits;
  readonly #devices: SqliteDevices;
  readonly #mailboxes: SqliteMailboxes;
  readonly #log: SqliteEntryLog;
  readonly #keyPackages: SqliteKeyPackages;
  readonly #checkpoint: WalCheckpoint;
  readonly #writer: GroupCommit;
  readonly #onError: (error: unknown) => void;
  #appended = new Map<StoredMailbox, Entry[]>();
  #listener: ((batch: NewEntries[]) => void) | undefined;

  private constructor(db: DatabaseSync, options: SqliteMailboxStoreOptions) {
    this.#db = db;
    this.#clock = options.clock;
    this.#limits = { ...defaultMailboxLimits, ...options.limits };
    this.#devices = new SqliteDevices(db);
    this.#mailboxes = new SqliteMailboxes(db, this.#devices);
    this.#log = new SqliteEntryLog(db, this.#devices, this.#mailboxes);
    this.#keyPackages = new SqliteKeyPackages(db);
    this.#onError = (error) => options.onError(toStorageError(error));
    this.#checkpoint = new WalCheckpoint(db, this.#onError);
    this.#writer = new GroupCommit(db, {
      beforeCommit: () => this.#beforeCommit(),
      committed: () => this.#committed(),
      aborted: () => this.#aborted(),
    });
  }

  /**
   * Opens the database.
   *
   * @throws {StorageError} `storage-newer`, `storage-unwritable`, `storage-busy`, `storage-damaged`,
   * `storage-full`, `storage-failed`
   */
  static open(options: SqliteMailboxStoreOptions): SqliteMailboxStore {
    const db = openDatabase(options.path, { migrations: mailboxMigrations });
    if (options.maxDatabaseBytes !== undefined) limitSize(db, options.maxDatabaseBytes);
    return new SqliteMailboxStore(db, options);
  }

  registerDevice(device: DeviceRef, key: string): Promise<void> {
    // Every connection asks for it; only the first one of a device needs a transaction.
    return this.#query(() => {
      const known = this.#devices.find(device);
      if (!known?.active || known.key !== key) return this.#writer.run(() => this.#register(device, key));
    });
  }

  dropDevice(device: DeviceRef, key: string): Promise<void> {
    return this.#writer.run(() => {
      const known = this.#devices.find(device);
      if (known?.active && known.key === key) this.#drop(device, known);
    });
  }

  append(request: AppendRequest): Promise<Place> {
    return this.#writer.run(() => {
      const mailbox = this.#mailboxes.find(request.mailbox);
      const known = this.#place(mailbox, request);
      if (known !== undefined) return known;
      admitMessage(mailbox, request, this.#limits);
      const { id, from, message: body } = request;
      return this.#append(mailbox, { kind: "message", id, from, time: this.#clock(), body });
    });
  }

  commit(request: CommitRequest): Promise<Place> {
    return this.#writer.run(() => {
      const found = this.#mailboxes.find(request.mailbox);
      const known = this.#place(found, request);
      if (known !== undefined) return known;
      const isEnrolled = (device: DeviceRef) => this.#devices.find(device)?.active === true;
      admitCommit(found, request, { isEnrolled, limits: this.#limits });
      this.#assertDeliverable(found, request);
      const { id, from, commit: body, add, remove, welcome } = request;
      const record = { id, from, time: this.#clock(), body, change: { add, remove, welcome } };
      const mailbox = this.#mailboxes.findOrAdd(request.mailbox);
      return this.#append(mailbox, { kind: "commit", ...record });
    });
  }

  read(device: DeviceRef, name: string, after: number, limit: number): Promise<EntryPage> {
    return this.#query(() => {
      const mailbox = this.#mailboxes.find(name);
      const membership = mailbox?.members.get(formatDeviceRef(device));
      if (mailbox === undefined || !isReader(membership)) throw notAMember();
      const floor = Math.max(membership.floor, mailbox.trimmed + 1);
      const head = membership.ceiling ?? mailbox.head;
      const entries = this.#log.read(mailbox, Math.max(after + 1, floor), head, limit);
      return { entries, head, floor };
    });
  }

  mailboxes(device: DeviceRef, after: string | undefined, limit: number): Promise<MailboxHead[]> {
    return this.#query(() => {
      const known = this.#devices.find(device);
      return known === undefined ? [] : this.#mailboxes.listOf(known.id, after ?? "", limit);
    });
  }

  ack(device: DeviceRef, name: string, seq: number): Promise<void> {
    return this.#writer.run(() => {
      const mailbox = this.#mailboxes.find(name);
      const membership = mailbox?.members.get(formatDeviceRef(device));
      // A repeated acknowledgement of the commit that removed this device is in order, too.
      if (mailbox === undefined || !isReader(membership)) return;
      const acked = Math.min(seq, membership.ceiling ?? mailbox.head);
      if (acked <= membership.acked) return;
      membership.acked = acked;
      this.#mailboxes.touchAcked(mailbox, formatDeviceRef(device));
    });
  }

  publishKeyPackages(
    device: DeviceRef,
    packages: Uint8Array<ArrayBuffer>[],
    lastResort?: Uint8Array<ArrayBuffer>,
    replace = false,
  ): Promise<number> {
    return this.#writer.run(() => {
      const known = this.#devices.find(device);
      if (!known?.active) throw new ProtocolError("device-unknown", "this device is not registered");
      if (replace) this.#keyPackages.deleteOneTime(known.id);
      this.#keyPackages.add(known.id, packages, this.#clock(), this.#limits.maxKeyPackages);
      if (lastResort !== undefined) this.#keyPackages.setLastResort(known.id, lastResort, this.#clock());
      return this.#keyPackages.count(known.id);
    });
  }

  takeKeyPackage(device: DeviceRef): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#writer.run(() => {
      const known = this.#devices.find(device);
      return known?.active ? this.#keyPackages.take(known.id) : undefined;
    });
  }

  countKeyPackages(device: DeviceRef): Promise<number> {
    return this.#query(() => {
      const known = this.#devices.find(device);
      return known === undefined ? 0 : this.#keyPackages.count(known.id);
    });
  }

  reachableDevices(users: readonly string[] | undefined, limit: number): Promise<DeviceRef[]> {
    return this.#query(() => this.#keyPackages.reachable(users, limit));
  }

  async expire(before: number): Promise<void> {
    await this.#writer.run(() => this.#keyPackages.forgetTaken(before));
    // One after the other, so that what clients ask for goes on in between.
    for (const name of await this.#query(() => this.#log.olderThan(before))) {
      await this.#writer.run(() => this.#expireMailbox(this.#mailboxes.findOrAdd(name), before));
    }
  }

  onEntries(listener: (batch: NewEntries[]) => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#checkpoint.finish();
    this.#db.close();
  }

  /** Where the request stands if it was accepted before. */
  #place(
    mailbox: StoredMailbox | undefined,
    request: { from: DeviceRef; id: Uint8Array },
  ): Place | undefined {
    if (mailbox === undefined) return undefined;
    const sender = this.#devices.find(request.from);
    return sender && this.#log.findById(mailbox, sender.id, request.id);
  }

  /** Appends what was admitted, and what follows from it. */
  #append(mailbox: StoredMailbox, record: LogRecord): Place {
    this.#log.append(mailbox, record);
    const seq = mailbox.head;
    const projection = projectEntry(mailbox.name, seq, record);
    const changes = applyProjection(mailbox, seq, projection);
    this.#mailboxes.putMembers(mailbox, changes);
    // Who is removed, or was removed and comes back, may have been the last one to hold entries back.
    if (changes.size > 0) this.#mailboxes.touchReaders(mailbox);
    this.#note(mailbox, record);
    const sender = this.#devices.findOrAdd(record.from).id;
    for (const delivery of projection.deliveries) {
      const target = this.#mailboxes.findOrAdd(delivery.mailbox);
      if (this.#log.findById(target, sender, delivery.record.id) !== undefined) continue;
      this.#log.append(target, delivery.record);
      this.#note(target, delivery.record);
    }
    return { seq, time: record.time };
  }

  #note(mailbox: StoredMailbox, { id, kind, from, time, body, conversation }: LogRecord): void {
    const entry: Entry = { seq: mailbox.head, id, kind, from, time, body };
    if (conversation !== undefined) entry.conversation = conversation;
    const entries = this.#appended.get(mailbox);
    if (entries === undefined) this.#appended.set(mailbox, [entry]);
    else entries.push(entry);
  }

  #assertDeliverable(mailbox: StoredMailbox | undefined, { from, add, welcome }: CommitRequest): void {
    for (const device of welcome === undefined ? [] : add) {
      assertRoom(this.#mailboxes.findOrAdd(deviceMailbox(device)), welcome?.length ?? 0, this.#limits);
    }
    if (mailbox !== undefined) return;
    const author = this.#devices.findOrAdd(from);
    if (this.#mailboxes.countOf(author.id) < this.#limits.maxConversations) return;
    throw new ProtocolError("too-many-conversations", "this device is in too many conversations");
  }

  /** Deletes what every device has acknowledged. */
  #trim(mailbox: StoredMailbox): void {
    const { ranges, trimmed } = findDeletable(mailbox);
    for (const { first, last } of ranges) this.#log.delete(mailbox, first, last);
    if (trimmed === mailbox.trimmed) return;
    mailbox.trimmed = trimmed;
    this.#mailboxes.touch(mailbox);
  }

  #register(device: DeviceRef, key: string): void {
    const known = this.#devices.findOrAdd(device);
    if (known.active && known.key === key) return;
    if (known.active) this.#drop(device, known);
    this.#devices.activate(known, key);
    const mailbox = this.#mailboxes.findOrAdd(deviceMailbox(device));
    const { head } = mailbox;
    const membership = { floor: head + 1, acked: head, revoked: false };
    this.#changeMembers(mailbox, new Map([[formatDeviceRef(device), membership]]));
  }

  #drop(device: DeviceRef, known: KnownDevice): void {
    this.#devices.deactivate(known);
    this.#keyPackages.drop(known.id);
    const name = formatDeviceRef(device);
    for (const mailbox of this.#mailboxes.namesOf(known.id).map((name) => this.#mailboxes.findOrAdd(name))) {
      const membership = mailbox.members.get(name);
      if (membership === undefined) continue;
      // The members still have to remove it from the MLS group.
      const revoked = membership.ceiling === undefined ? { ...membership, revoked: true } : undefined;
      this.#changeMembers(mailbox, new Map([[name, revoked]]));
      this.#mailboxes.touchReaders(mailbox);
    }
  }

  #expireMailbox(mailbox: StoredMailbox, before: number): void {
    const last = this.#log.firstSince(mailbox, before) - 1;
    if (last <= mailbox.trimmed) return;
    this.#log.delete(mailbox, mailbox.trimmed + 1, last);
    mailbox.trimmed = last;
    this.#mailboxes.touch(mailbox);
    const over: MembershipChanges = new Map();
    for (const [name, { ceiling }] of mailbox.members) {
      if (ceiling !== undefined && ceiling <= last) over.set(name, undefined);
    }
    this.#changeMembers(mailbox, over);
  }

  #changeMembers(mailbox: StoredMailbox, changes: MembershipChanges): void {
    for (const [name, membership] of changes) {
      if (membership === undefined) mailbox.members.delete(name);
      else mailbox.members.set(name, membership);
    }
    this.#mailboxes.putMembers(mailbox, changes);
  }

  #beforeCommit(): void {
    for (const mailbox of this.#mailboxes.takeTrimDue()) {
      for (const name of mailbox.acknowledged) {
        // A removed device that has read all it may.
        if (!isReader(mailbox.members.get(name))) this.#changeMembers(mailbox, new Map([[name, undefined]]));
      }
      this.#trim(mailbox);
    }
    this.#mailboxes.write();
  }

  #committed(): void {
    const appended = this.#appended;
    this.#appended = new Map();
    this.#checkpoint.written();
    this.#mailboxes.shrink();
    if (appended.size === 0) return;
    const batch: NewEntries[] = [];
    for (const [{ name, members }, entries] of appended) batch.push({ mailbox: name, entries, members });
    try {
      this.#listener?.(batch);
    } catch (error) {
      // The entries are on disk: whatever a listener does, their senders are told so.
      this.#onError(error);
    }
  }

  #aborted(): void {
    this.#appended.clear();
    this.#devices.forget();
    this.#mailboxes.forget();
  }

  /** Runs at once, so that what the same turn asks for later comes later. */
  #query<T>(query: () => T | Promise<T>): Promise<T> {
    return Promise.try(query).catch((error) => {
      throw toStorageError(error);
    });
  }
}

function limitSize(db: DatabaseSync, maxBytes: number): void {
  const pageBytes = Number(db.prepare("PRAGMA page_size").get()?.page_size);
  db.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / pageBytes)}`);
}
