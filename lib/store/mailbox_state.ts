/** What one device may read of a mailbox, and what it has read. */
export interface Membership {
  /** The first entry that it may read. */
  floor: number;
  /** The last entry that it may read: the commit that removed it. Absent while it is a member. */
  ceiling?: number;
  /** Everything up to here is safe in the device's own store. */
  acked: number;
  /** Its certificate was revoked: it reads and appends nothing; the members may still remove it. */
  revoked: boolean;
}

/** What a mailbox's log amounts to: a function of its entries, of the acknowledgements and of revocations. */
export interface MailboxState {
  /** The last sequence number that was given. */
  head: number;
  /** The MLS epoch that the next entry must carry; 0 for a device's mailbox and before the first commit. */
  epoch: number;
  /** Everything up to here has been deleted. */
  trimmed: number;
  /** Entries kept. */
  entries: number;
  /** Bytes of the entries kept. */
  bytes: number;
  /** Every device that may read something, as `USER/DEVICE`. */
  members: Map<string, Membership>;
}

/** What a mailbox is before anything happened in it. */
export function emptyMailbox(): MailboxState {
  return { head: 0, epoch: 0, trimmed: 0, entries: 0, bytes: 0, members: new Map() };
}

/** Whether the membership's device takes part now: it may append and will read what comes. */
export function isCurrent(membership: Membership | undefined): membership is Membership {
  return membership !== undefined && membership.ceiling === undefined && !membership.revoked;
}

/** Whether anything of the mailbox is left to read for the membership's device. */
export function isReader(membership: Membership | undefined): membership is Membership {
  if (membership === undefined || membership.revoked) return false;
  return membership.ceiling === undefined || membership.acked < membership.ceiling;
}

/** Whether the membership's device may read the entry `seq`. */
export function mayRead(membership: Membership, seq: number): boolean {
  return !membership.revoked && seq >= membership.floor && seq <= (membership.ceiling ?? seq);
}

/** Whether a conversation is there; one in which nobody takes part any more may be created anew. */
export function exists(state: MailboxState | undefined): state is MailboxState {
  if (state === undefined || state.epoch === 0) return false;
  for (const membership of state.members.values()) if (isCurrent(membership)) return true;
  return false;
}

/** The ranges of entries, first and last included, that nobody needs any more. */
export interface Deletable {
  /** In ascending order, not overlapping. */
  ranges: { first: number; last: number }[];
  /** Everything up to here is deleted once the ranges are. */
  trimmed: number;
}

/**
 * Finds what may be deleted because every device that may read it has acknowledged it. A removed device
 * holds back only what it may still read, a revoked one nothing.
 */
export function findDeletable(state: MailboxState): Deletable {
  let low = state.head;
  const held: { first: number; last: number }[] = [];
  for (const member of state.members.values()) {
    if (!isReader(member)) continue;
    if (member.ceiling !== undefined) held.push({ first: member.acked + 1, last: member.ceiling });
    else if (member.acked < low) low = member.acked;
    // The usual end: one device that has not acknowledged the oldest entry yet.
    if (low <= state.trimmed) return { ranges: [], trimmed: state.trimmed };
  }
  return subtract(state.trimmed + 1, low, held.sort((a, b) => a.first - b.first));
}

function subtract(first: number, last: number, held: { first: number; last: number }[]): Deletable {
  const ranges: { first: number; last: number }[] = [];
  let next = first;
  for (const hold of held) {
    if (hold.first > last) break;
    if (hold.first > next) ranges.push({ first: next, last: hold.first - 1 });
    next = Math.max(next, hold.last + 1);
  }
  if (next <= last) ranges.push({ first: next, last });
  const lowestHeld = held[0]?.first ?? last + 1;
  return { ranges, trimmed: Math.max(first - 1, Math.min(last, lowestHeld - 1)) };
}
