import { formatDeviceRef } from "../wire/mod.ts";
import { findDeletable, isReader } from "./mailbox_state.ts";
import type { AckRequest } from "./mailbox_store.ts";
import type { MembershipChanges } from "./project_entry.ts";
import type { SqliteEntryLog } from "./sqlite_entry_log.ts";
import type { SqliteExpiringEntries } from "./sqlite_expiring_entries.ts";
import type { SqliteMailboxes } from "./sqlite_mailboxes.ts";
import type { StoredMailbox } from "./stored_mailbox.ts";

/** What {@link SqliteRetention} works with. */
export interface SqliteRetentionOptions {
  /** The mailboxes' states. */
  mailboxes: SqliteMailboxes;
  /** The mailboxes' entries. */
  log: SqliteEntryLog;
  /** The entries that are to vanish. */
  expiring: SqliteExpiringEntries;
}

/**
 * Takes note of what devices have acknowledged, and deletes from a relay's database the entries that nobody needs any
 * more or that are too old, and the memberships of removed devices that have nothing left to read. All methods run
 * inside a transaction.
 */
export class SqliteRetention {
  readonly #mailboxes: SqliteMailboxes;
  readonly #log: SqliteEntryLog;
  readonly #expiring: SqliteExpiringEntries;

  /** Works on the tables of one database. */
  constructor({ mailboxes, log, expiring }: SqliteRetentionOptions) {
    this.#mailboxes = mailboxes;
    this.#log = log;
    this.#expiring = expiring;
  }

  /** Notes that all up to a place is safe with a device; a function, so that it can be handed on without a closure. */
  readonly acknowledge = ({ from, mailbox: name, seq }: AckRequest): Record<never, never> => {
    const device = formatDeviceRef(from);
    const mailbox = this.#mailboxes.find(name);
    const membership = mailbox?.members.get(device);
    // A repeated acknowledgement of the commit that removed this device is in order, too.
    if (mailbox === undefined || !isReader(membership)) return {};
    const acked = Math.min(seq, membership.ceiling ?? mailbox.head);
    if (acked <= membership.acked) return {};
    membership.acked = acked;
    this.#mailboxes.touchAcked(mailbox, device);
    return {};
  };

  /** Deletes what every device has acknowledged since the last transaction. */
  trim(): void {
    for (const mailbox of this.#mailboxes.takeTrimDue()) {
      for (const name of mailbox.acknowledged) {
        // A removed device that has read all it may.
        if (isReader(mailbox.members.get(name))) continue;
        this.#mailboxes.changeMembers(mailbox, new Map([[name, undefined]]));
      }
      const { ranges, trimmed } = findDeletable(mailbox);
      for (const { first, last } of ranges) this.#delete(mailbox, first, last);
      // The row need not say so: it follows from the acknowledgements.
      mailbox.trimmed = trimmed;
    }
  }

  /** Deletes the entries of a mailbox from before a time (milliseconds since 1970), whoever has not read them. */
  expire(mailbox: StoredMailbox, before: number): void {
    const last = this.#log.firstSince(mailbox, before) - 1;
    if (last <= mailbox.trimmed) return;
    this.#delete(mailbox, mailbox.trimmed + 1, last);
    mailbox.trimmed = last;
    this.#mailboxes.touch(mailbox);
    const over: MembershipChanges = new Map();
    for (const [name, { ceiling }] of mailbox.members) {
      if (ceiling !== undefined && ceiling <= last) over.set(name, undefined);
    }
    this.#mailboxes.changeMembers(mailbox, over);
  }

  #delete(mailbox: StoredMailbox, first: number, last: number): void {
    this.#expiring.whileDeleting(mailbox, first, last, () => this.#log.delete(mailbox, first, last));
  }
}
