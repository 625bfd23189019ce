import { ProtocolError } from "../errors/mod.ts";
import { deviceMailbox, type DeviceRef, type Entry } from "../wire/mod.ts";
import {
  admitCommit,
  admitMessage,
  type AppendRequest,
  assertRoom,
  type CommitRequest,
  type MailboxLimits,
} from "./admit_entry.ts";
import type { LogRecord } from "./log_record.ts";
import { MailboxAppends } from "./mailbox_appends.ts";
import type { Place } from "./mailbox_store.ts";
import { applyProjection, projectEntry } from "./project_entry.ts";
import type { SqliteDevices } from "./sqlite_devices.ts";
import type { SqliteEntryLog } from "./sqlite_entry_log.ts";
import type { SqliteExpiringEntries } from "./sqlite_expiring_entries.ts";
import type { SqliteGroupInfos } from "./sqlite_group_infos.ts";
import type { SqliteMailboxes } from "./sqlite_mailboxes.ts";
import type { StoredMailbox } from "./stored_mailbox.ts";

/** What {@link SqliteAppends} works with. */
export interface SqliteAppendsOptions {
  /** The devices. */
  devices: SqliteDevices;
  /** The mailboxes' states. */
  mailboxes: SqliteMailboxes;
  /** The mailboxes' entries. */
  log: SqliteEntryLog;
  /** The entries that are to vanish. */
  expiring: SqliteExpiringEntries;
  /** The conversations' GroupInfos. */
  groupInfos: SqliteGroupInfos;
  /** Milliseconds since 1970. */
  clock: () => number;
  /** Bounds. */
  limits: MailboxLimits;
}

/**
 * Appends to the mailboxes of a relay's database what is admitted, with all that follows from it, and remembers
 * what the present transaction has appended: {@link take} and {@link forget} come when it is over, the others before.
 */
export class SqliteAppends {
  readonly #devices: SqliteDevices;
  readonly #mailboxes: SqliteMailboxes;
  readonly #log: SqliteEntryLog;
  readonly #expiring: SqliteExpiringEntries;
  readonly #groupInfos: SqliteGroupInfos;
  readonly #clock: () => number;
  readonly #limits: MailboxLimits;
  readonly #appended = new Map<StoredMailbox, MailboxAppends>();

  /** Works on the tables of one database. */
  constructor(options: SqliteAppendsOptions) {
    this.#devices = options.devices;
    this.#mailboxes = options.mailboxes;
    this.#log = options.log;
    this.#expiring = options.expiring;
    this.#groupInfos = options.groupInfos;
    this.#clock = options.clock;
    this.#limits = options.limits;
  }

  /** Appends a message; a function, so that it can be handed on for each message without a closure. */
  readonly message = (request: AppendRequest): Place => {
    const { id, from, message: body, expires } = request;
    const mailbox = this.#mailboxes.find(request.mailbox);
    const known = this.#place(mailbox, request);
    if (known !== undefined) return known;
    admitMessage(mailbox, request, this.#limits);
    if (expires !== undefined) return this.#expiringMessage(mailbox, request, expires);
    const sender = this.#devices.findOrAdd(from).id;
    const { place, opened } = this.#log.appendMessage(mailbox, { from, sender, id, body }, this.#clock);
    if (opened !== undefined) this.#appendsOf(mailbox).parts.push(opened);
    return place;
  };

  /** Appends a commit, and its welcome to the mailboxes of the devices that it adds. */
  commit(request: CommitRequest): Place {
    const found = this.#mailboxes.find(request.mailbox);
    const known = this.#place(found, request);
    if (known !== undefined) return known;
    const isEnrolled = (device: DeviceRef) => this.#devices.find(device)?.active === true;
    admitCommit(found, request, { isEnrolled, limits: this.#limits });
    this.#assertDeliverable(found, request);
    const { id, from, commit: body, add, remove, welcome } = request;
    const record = { id, from, time: this.#clock(), body, change: { add, remove, welcome } };
    const mailbox = this.#mailboxes.findOrAdd(request.mailbox);
    this.#groupInfos.set(mailbox.id, request.groupInfo);
    return this.#append(mailbox, { kind: "commit", ...record });
  }

  /** What the transaction has appended, for those who are told of it; once. */
  take(): MailboxAppends[] {
    const appended = [...this.#appended.values()];
    this.#appended.clear();
    return appended;
  }

  /** Forgets what the transaction has appended, because it was rolled back. */
  forget(): void {
    this.#appended.clear();
  }

  /** It stands by itself, so that it can vanish by itself. */
  #expiringMessage(
    mailbox: StoredMailbox,
    { id, from, message: body }: AppendRequest,
    expires: number,
  ): Place {
    const time = this.#clock();
    return this.#append(mailbox, { kind: "message", id, from, time, body, expires: time + expires * 1_000 });
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

  #assertDeliverable(mailbox: StoredMailbox | undefined, { from, add, welcome }: CommitRequest): void {
    for (const device of welcome === undefined ? [] : add) {
      assertRoom(this.#mailboxes.findOrAdd(deviceMailbox(device)), welcome?.length ?? 0, this.#limits);
    }
    if (mailbox !== undefined) return;
    const author = this.#devices.findOrAdd(from);
    if (this.#mailboxes.countOf(author.id) < this.#limits.maxConversations) return;
    throw new ProtocolError("too-many-conversations", "this device is in too many conversations");
  }

  /** Appends what was admitted, and what follows from it. */
  #append(mailbox: StoredMailbox, record: LogRecord): Place {
    this.#log.append(mailbox, record);
    const seq = mailbox.head;
    if (record.expires !== undefined) this.#expiring.add(mailbox, seq, record.expires);
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
    this.#appendsOf(mailbox).parts.push(entry);
  }

  #appendsOf(mailbox: StoredMailbox): MailboxAppends {
    const known = this.#appended.get(mailbox);
    if (known !== undefined) return known;
    const appends = new MailboxAppends(mailbox.name, mailbox.members);
    this.#appended.set(mailbox, appends);
    return appends;
  }
}
