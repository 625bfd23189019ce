import type { DeviceRef, Entry, Push, StoredEntry } from "../wire/mod.ts";
import type { AppendRequest, CommitRequest } from "./admit_entry.ts";
import type { Outcome } from "./group_commit.ts";
import type { Membership } from "./mailbox_state.ts";

/** Where an entry stands, and when it was accepted (milliseconds since 1970). */
export interface Place {
  /** Its sequence number. */
  seq: number;
  /** Milliseconds since 1970. */
  time: number;
}

/** Some entries of a mailbox as one device may read them. */
export interface EntryPage {
  /** Oldest first. */
  entries: Entry[];
  /** The last sequence number that this device may read. */
  head: number;
  /** The first one; older entries are from before it was a member, or are deleted. */
  floor: number;
  /** The last one that it has said to be safe in its own store. */
  acked: number;
}

/** A mailbox and the last sequence number in it that a device may read. */
export interface MailboxHead {
  /** Its name. */
  mailbox: string;
  /** Its last sequence number. */
  head: number;
}

/** Who may read what of a mailbox. */
export interface MailboxReaders {
  /** The last sequence number that was given. */
  head: number;
  /** Who may read which entries (see `mayRead`), by `USER/DEVICE`; changes with the mailbox. */
  members: ReadonlyMap<string, Membership>;
}

/** Entries of one mailbox that are on disk since now, in order and without a gap; as long as the listener runs. */
export interface NewEntries {
  /** Its name. */
  mailbox: string;
  /** The first one's sequence number. */
  first: number;
  /** The last one's. */
  last: number;
  /** Bytes of their bodies. */
  bytes: number;
  /** The entries. */
  entries: Entry[];
  /** The same as pushes that are encoded already, where all of them are messages. */
  pushes?: Push[];
  /** Who may read which of them (see `mayRead`), by `USER/DEVICE`. */
  members: ReadonlyMap<string, Membership>;
}

/** An acknowledgement as a device sent it. */
export interface AckRequest {
  /** Whose it is; from its connection's certificate. */
  from: DeviceRef;
  /** Which mailbox. */
  mailbox: string;
  /** All up to here is safe with it. */
  seq: number;
}

/**
 * The relay's storage: mailboxes as ordered, durable logs, the devices that are known, and their key packages.
 *
 * Every promise settles when its effect is on disk. Calls made in one turn of the event loop may be written
 * together; each succeeds or fails by itself, and later ones see earlier ones. There is no transaction over
 * several mailboxes in this interface: an entry is accepted by comparing what it expects of its own mailbox (the
 * MLS epoch that it carries) with what is there, and all else is derived from the accepted entry by
 * `projectEntry`, where a repetition changes nothing. So an engine on a replicated log can append by
 * compare-and-swap on one subject, apply the projection afterwards, and replay it at start.
 *
 * @throws {StorageError} (every method) `storage-full`, `storage-failed` and their kin: nothing was written
 */
export interface MailboxStore {
  /**
   * Makes a device known, with an empty mailbox. `key` is the fingerprint of its public key: with the same one
   * nothing changes, with another one it is another device, and what belonged to the one before is dropped.
   */
  registerDevice(device: DeviceRef, key: string): Promise<void>;
  /**
   * Forgets a device whose certificates were all revoked: it reads and appends nothing from now on. Changes
   * nothing where a device of another key has taken its name, so it can be repeated at any time.
   */
  dropDevice(device: DeviceRef, key: string): Promise<void>;
  /** Appends a message to a conversation; see `admitMessage` for what it must be and for the errors. */
  append(request: AppendRequest): Promise<Place>;
  /** Like {@link append}, without a promise: what each message costs. */
  submitAppend(request: AppendRequest, outcome: Outcome<Place>): void;
  /** Appends a commit bundle to a conversation; see `admitCommit` for what it must be and for the errors. */
  commit(request: CommitRequest): Promise<Place>;
  /**
   * Reads entries after `after`, at most `limit`, bounded in bytes by the protocol's limit.
   *
   * @throws {ProtocolError} `not-a-member`
   */
  read(device: DeviceRef, mailbox: string, after: number, limit: number): Promise<EntryPage>;
  /**
   * What is kept of the messages that a device appended to a conversation under these ids, each once, in the order of
   * the ids.
   *
   * @throws {ProtocolError} `not-a-member`
   */
  stored(device: DeviceRef, mailbox: string, ids: Uint8Array[]): Promise<StoredEntry[]>;
  /** Lists the mailboxes that a device reads, by name, after the one named; at most `limit`. */
  mailboxes(device: DeviceRef, after: string | undefined, limit: number): Promise<MailboxHead[]>;
  /** Who may read what of a mailbox, and its last entry; undefined where there is no such mailbox. */
  readers(mailbox: string): Promise<MailboxReaders | undefined>;
  /**
   * The newest MLS GroupInfo of a conversation, by which the device may enter it from outside; undefined where
   * there is none of the present epoch.
   *
   * @throws {ProtocolError} `not-a-member` where no device of its user is a member
   */
  groupInfo(device: DeviceRef, mailbox: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Keeps a member's GroupInfo of the present epoch; see `admitGroupInfo` for the errors. */
  putGroupInfo(device: DeviceRef, mailbox: string, groupInfo: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Notes that all up to `seq` is safe with the device; what everyone has acknowledged is deleted. */
  ack(device: DeviceRef, mailbox: string, seq: number): Promise<void>;
  /** Like {@link ack}, without a promise. */
  submitAck(request: AckRequest, outcome: Outcome<Record<never, never>>): void;
  /**
   * Adds one-time key packages (each once only, ever) and replaces the last-resort one; with `replace` the
   * one-time ones go that are there. Returns how many are kept.
   */
  publishKeyPackages(
    device: DeviceRef,
    packages: Uint8Array<ArrayBuffer>[],
    lastResort?: Uint8Array<ArrayBuffer>,
    replace?: boolean,
  ): Promise<number>;
  /** Takes the oldest one-time key package of a device for good, or else its last-resort one. */
  takeKeyPackage(device: DeviceRef): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Counts a device's one-time key packages. */
  countKeyPackages(device: DeviceRef): Promise<number>;
  /** Lists the devices that have a key package, by name; of the users named or of all; at most `limit`. */
  reachableDevices(users: readonly string[] | undefined, limit: number): Promise<DeviceRef[]>;
  /** Notes that a device was connected until now (milliseconds since 1970). */
  noteSeen(device: DeviceRef, time: number): Promise<void>;
  /** When a user's devices were connected last, by name; those that never were are left out. */
  lastSeen(user: string): Promise<Map<string, number>>;
  /** Empties the messages whose time is up at `now` (milliseconds since 1970), from the disk too; returns how many. */
  expireMessages(now: number): Promise<number>;
  /** Deletes entries accepted before a time (milliseconds since 1970) whoever has not read them. */
  expire(before: number): Promise<void>;
  /** Gets what was appended, in order, after it is on disk. One listener. */
  onEntries(listener: (batch: NewEntries[]) => void): void;
  /** Waits for what is under way and closes. */
  close(): Promise<void>;
}
