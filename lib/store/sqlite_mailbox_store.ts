import type { DatabaseSync } from "node:sqlite";
import { encodeHex } from "../bytes/mod.ts";
import { ProtocolError } from "../errors/mod.ts";
import { deviceMailbox, type DeviceRef, formatDeviceRef, type StoredEntry } from "../wire/mod.ts";
import {
  admitGroupInfo,
  admitJoiner,
  type AppendRequest,
  type CommitRequest,
  defaultMailboxLimits,
  type MailboxLimits,
  notAMember,
} from "./admit_entry.ts";
import { GroupCommit, type Outcome } from "./group_commit.ts";
import { mailboxMigrations } from "./mailbox_migrations.ts";
import { isReader } from "./mailbox_state.ts";
import type {
  AckRequest,
  EntryPage,
  MailboxHead,
  MailboxReaders,
  MailboxStore,
  NewEntries,
  Place,
} from "./mailbox_store.ts";
import { openDatabase } from "./open_database.ts";
import { SqliteAppends } from "./sqlite_appends.ts";
import { type KnownDevice, SqliteDevices } from "./sqlite_devices.ts";
import { SqliteExpiringEntries } from "./sqlite_expiring_entries.ts";
import { SqliteGroupInfos } from "./sqlite_group_infos.ts";
import { SqliteEntryLog } from "./sqlite_entry_log.ts";
import { SqliteKeyPackages } from "./sqlite_key_packages.ts";
import { SqliteMailboxes } from "./sqlite_mailboxes.ts";
import { SqlitePresence } from "./sqlite_presence.ts";
import { SqliteRetention } from "./sqlite_retention.ts";
import { SqliteSegments } from "./sqlite_segments.ts";
import { toStorageError } from "./storage_error.ts";
import { WalCheckpoint } from "./wal_checkpoint.ts";

/** What SQLite keeps of the database in memory, in bytes. */
const CACHE_BYTES = 16 * 1024 * 1024;

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
  readonly #expiring: SqliteExpiringEntries;
  readonly #appends: SqliteAppends;
  readonly #retention: SqliteRetention;
  readonly #keyPackages: SqliteKeyPackages;
  readonly #groupInfos: SqliteGroupInfos;
  readonly #presence: SqlitePresence;
  readonly #checkpoint: WalCheckpoint;
  readonly #writer: GroupCommit;
  readonly #onError: (error: unknown) => void;
  #listener: ((batch: NewEntries[]) => void) | undefined;

  private constructor(db: DatabaseSync, options: SqliteMailboxStoreOptions) {
    this.#db = db;
    this.#clock = options.clock;
    this.#limits = { ...defaultMailboxLimits, ...options.limits };
    this.#devices = new SqliteDevices(db);
    const segments = new SqliteSegments(db);
    this.#mailboxes = new SqliteMailboxes(db, this.#devices, segments);
    this.#log = new SqliteEntryLog(db, this.#devices, this.#mailboxes, segments);
    this.#expiring = new SqliteExpiringEntries(db, this.#mailboxes);
    this.#keyPackages = new SqliteKeyPackages(db);
    this.#groupInfos = new SqliteGroupInfos(db);
    this.#presence = new SqlitePresence(db);
    const tables = {
      devices: this.#devices,
      mailboxes: this.#mailboxes,
      log: this.#log,
      expiring: this.#expiring,
      groupInfos: this.#groupInfos,
    };
    this.#appends = new SqliteAppends({ ...tables, clock: this.#clock, limits: this.#limits });
    this.#retention = new SqliteRetention(tables);
    this.#onError = (error) => options.onError(toStorageError(error));
    this.#checkpoint = new WalCheckpoint(db, this.#onError);
    this.#writer = new GroupCommit(db, {
      beforeCommit: () => this.#beforeCommit(),
      committed: () => this.#committed(),
      aborted: () => this.#aborted(),
      onError: this.#onError,
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
    // Pages that messages come and go in; read from the disk again they would cost half as much as the messages.
    db.exec(`PRAGMA cache_size = -${CACHE_BYTES / 1024}`);
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
    return new Promise((resolve, reject) => this.submitAppend(request, { resolve, reject }));
  }

  submitAppend(request: AppendRequest, outcome: Outcome<Place>): void {
    this.#writer.submit(this.#appends.message, request, outcome);
  }

  commit(request: CommitRequest): Promise<Place> {
    return this.#writer.run(() => this.#appends.commit(request));
  }

  read(device: DeviceRef, name: string, after: number, limit: number): Promise<EntryPage> {
    return this.#query(() => {
      const mailbox = this.#mailboxes.find(name);
      const membership = mailbox?.members.get(formatDeviceRef(device));
      if (mailbox === undefined || !isReader(membership)) throw notAMember();
      const floor = Math.max(membership.floor, mailbox.trimmed + 1);
      const head = membership.ceiling ?? mailbox.head;
      const entries = this.#log.read(mailbox, Math.max(after + 1, floor), head, limit);
      return { entries, head, floor, acked: membership.acked };
    });
  }

  stored(device: DeviceRef, name: string, ids: Uint8Array[]): Promise<StoredEntry[]> {
    return this.#query(() => {
      const mailbox = this.#mailboxes.find(name);
      if (mailbox === undefined || !isReader(mailbox.members.get(formatDeviceRef(device)))) {
        throw notAMember();
      }
      const sender = this.#devices.find(device);
      if (sender === undefined) return [];
      const distinct = new Map(ids.map((id) => [encodeHex(id), id]));
      return [...distinct.values()].flatMap((id) => this.#log.findStored(mailbox, sender.id, id) ?? []);
    });
  }

  mailboxes(device: DeviceRef, after: string | undefined, limit: number): Promise<MailboxHead[]> {
    return this.#query(() => {
      const known = this.#devices.find(device);
      return known === undefined ? [] : this.#mailboxes.listOf(known.id, after ?? "", limit);
    });
  }

  readers(name: string): Promise<MailboxReaders | undefined> {
    return this.#query(() => this.#mailboxes.find(name));
  }

  groupInfo(device: DeviceRef, name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#query(() => {
      const mailbox = this.#mailboxes.find(name);
      admitJoiner(mailbox, name, device);
      return this.#groupInfos.get(mailbox.id);
    });
  }

  putGroupInfo(device: DeviceRef, name: string, groupInfo: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#writer.run(() => {
      const mailbox = this.#mailboxes.find(name);
      admitGroupInfo(mailbox, { mailbox: name, from: device, groupInfo });
      this.#groupInfos.set(mailbox.id, groupInfo);
    });
  }

  ack(from: DeviceRef, mailbox: string, seq: number): Promise<void> {
    return new Promise((resolve, reject) =>
      this.submitAck({ from, mailbox, seq }, { resolve: () => resolve(), reject })
    );
  }

  submitAck(request: AckRequest, outcome: Outcome<Record<never, never>>): void {
    this.#writer.submitPatiently(this.#retention.acknowledge, request, outcome);
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

  noteSeen(device: DeviceRef, time: number): Promise<void> {
    return this.#writer.run(() => {
      const known = this.#devices.find(device);
      if (known !== undefined) this.#presence.note(known.id, time);
    });
  }

  lastSeen(user: string): Promise<Map<string, number>> {
    return this.#query(() => this.#presence.ofUser(user));
  }

  async expireMessages(now: number): Promise<number> {
    let emptied = 0;
    while (this.#expiring.isDue(now)) emptied += await this.#writer.run(() => this.#expiring.emptyDue(now));
    if (this.#expiring.takeResidue()) this.#checkpoint.empty();
    return emptied;
  }

  async expire(before: number): Promise<void> {
    await this.#writer.run(() => this.#keyPackages.forgetTaken(before));
    // One after the other, so that what clients ask for goes on in between.
    for (const name of await this.#query(() => this.#log.olderThan(before))) {
      await this.#writer.run(() => this.#retention.expire(this.#mailboxes.findOrAdd(name), before));
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

  #register(device: DeviceRef, key: string): void {
    const known = this.#devices.findOrAdd(device);
    if (known.active && known.key === key) return;
    if (known.active) this.#drop(device, known);
    this.#devices.activate(known, key);
    const mailbox = this.#mailboxes.findOrAdd(deviceMailbox(device));
    const { head } = mailbox;
    const membership = { floor: head + 1, acked: head, revoked: false };
    this.#mailboxes.changeMembers(mailbox, new Map([[formatDeviceRef(device), membership]]));
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
      this.#mailboxes.changeMembers(mailbox, new Map([[name, revoked]]));
      this.#mailboxes.touchReaders(mailbox);
    }
  }

  #beforeCommit(): void {
    this.#log.write();
    this.#retention.trim();
    this.#mailboxes.write();
  }

  #committed(): void {
    const appended = this.#appends.take();
    this.#checkpoint.written();
    this.#mailboxes.shrink();
    if (appended.length === 0) return;
    try {
      this.#listener?.(appended);
    } catch (error) {
      // The entries are on disk: whatever a listener does, their senders are told so.
      this.#onError(error);
    }
    this.#log.recycle();
  }

  #aborted(): void {
    this.#log.forget();
    this.#appends.forget();
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
