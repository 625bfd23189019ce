import { ProtocolError } from "../errors/mod.ts";
import { decodePendingState, GroupEpoch, type GroupSnapshot } from "../mls/mod.ts";
import type { ClientStore, GroupRows, MailboxRowState } from "../store/mod.ts";
import { type DeviceRef, directUsers } from "../wire/mod.ts";
import { compareRosters } from "./groups/group_change.ts";
import { type ChangeOrigin, noteGroupChanges } from "./groups/note_group_changes.ts";
import { decodeRoster, type Roster } from "./groups/roster.ts";

/** Puts stored rows together for a handshake. */
export function toSnapshot(rows: GroupRows): GroupSnapshot {
  return { ...rows, epoch: GroupEpoch.decode(rows.epoch) };
}

/**
 * Enters an epoch, which began with a commit of the author; inside a transaction. Where this user leaves the group, the
 * device forgets its keys: one of the user's devices has said so for all of them.
 */
export function enterEpoch(store: ClientStore, snapshot: GroupSnapshot, origin: ChangeOrigin): void {
  const { groupId: mailbox, groupData } = snapshot.epoch;
  const before = store.mailboxes.get(mailbox).state === "active" ? readRoster(store, mailbox) : undefined;
  const after = toRoster(mailbox, groupData), { user } = origin.self;
  if (before !== undefined) {
    noteGroupChanges(store, mailbox, compareRosters(before, after, user), origin);
  }
  if (after.leaving.includes(user)) return leaveByWish(store, mailbox);
  storeEpoch(store, snapshot, origin.seq);
  store.facts.delete(leavingFact(mailbox));
  store.mailboxes.setState(mailbox, "active");
}

/** Leaves a group in which the others are still to take this user out; inside a transaction. */
export function leaveByWish(store: ClientStore, mailbox: string): void {
  leaveGroup(store, mailbox);
  store.facts.set(leavingFact(mailbox), "1");
}

/** Whether this user was still to be taken out of a group when this device heard of it last. */
export function isLeaving({ facts }: ClientStore, mailbox: string): boolean {
  return facts.get(leavingFact(mailbox)) !== undefined;
}

/** Forgets the keys of a group that this device is not in any more; inside a transaction. */
export function leaveGroup({ groups, mailboxes, pendingCommits }: ClientStore, mailbox: string): void {
  groups.remove(mailbox);
  pendingCommits.delete(mailbox);
  mailboxes.setState(mailbox, "left");
}

/** Stores the state of another epoch, which began with the entry `seq`; inside a transaction. */
export function storeEpoch(store: ClientStore, snapshot: GroupSnapshot, seq: number): void {
  const { groupId: mailbox, number, groupData } = snapshot.epoch;
  store.groups.replace(mailbox, { ...snapshot, number, epoch: snapshot.epoch.encode() }, seq);
  store.groupProfiles.setLeavers(mailbox, toRoster(mailbox, groupData).leaving);
  store.outbox.unsealOthers(mailbox, number);
}

/**
 * Adopts the state after a commit of this device's that the relay has accepted as the entry `seq`; inside a
 * transaction.
 */
export function adoptPending(
  store: ClientStore,
  mailbox: string,
  { seq, self, now }: { seq: number; self: DeviceRef; now: number },
): void {
  const pending = store.pendingCommits.get(mailbox);
  if (pending === undefined) return;
  const before = store.groups.keyAge(mailbox)?.refreshed ?? 0;
  enterEpoch(store, decodePendingState(pending.state), { seq, time: now, author: self, self });
  // Later than before in any case, for that is how the wish for new keys is known to be fulfilled.
  if (pending.refreshes) store.groups.setRefreshed(mailbox, Math.max(now, before + 1));
  store.pendingCommits.delete(mailbox);
}

/**
 * Whose conversation it is: by its name where it is one of two, else by what its group agrees on.
 *
 * @throws {ProtocolError} `roster-invalid`
 */
export function toRoster(mailbox: string, groupData: Uint8Array | undefined): Roster {
  const users = directUsers(mailbox);
  if ((users === undefined) === (groupData === undefined)) {
    throw new ProtocolError("roster-invalid", "the group's list of users is not where it belongs");
  }
  if (groupData !== undefined) return decodeRoster(groupData);
  const both = [...new Set(users)];
  return { users: both, admins: both, leaving: [] };
}

/** The roster of a conversation as it is stored; undefined where this device is not in it. */
export function readRoster({ groups }: ClientStore, mailbox: string): Roster | undefined {
  const bytes = groups.epoch(mailbox);
  return bytes && toRoster(mailbox, GroupEpoch.decode(bytes).groupData);
}

/**
 * Checks that a group is the one that its mailbox names, holds this device, and nobody who has no place in it.
 *
 * @throws {ProtocolError} `group-foreign`, `roster-invalid`
 */
export function assertMembership(
  mailbox: string,
  { epoch, members }: GroupSnapshot,
  self: DeviceRef,
): void {
  if (epoch.groupId !== mailbox) {
    throw new ProtocolError("group-foreign", "this is the state of another group");
  }
  const users = new Set(toRoster(mailbox, epoch.groupData).users);
  const foreign = members.find(({ user }) => !users.has(user));
  if (foreign !== undefined) {
    throw new ProtocolError("group-foreign", `${foreign.user} has no place in this conversation`);
  }
  if (!members.some((one) => one.leaf === epoch.ownLeaf && isSameDevice(one, self))) {
    throw new ProtocolError("group-foreign", "the group does not hold this device");
  }
}

/** Whether this device has given its place in a conversation up, and reads nothing in it. */
export function isOut(state: MailboxRowState): boolean {
  return state === "left" || state === "duplicated";
}

/** Whether two names are of one device. */
export function isSameDevice(a: DeviceRef, b: DeviceRef): boolean {
  return a.user === b.user && a.device === b.device;
}

function leavingFact(mailbox: string): `leaving:${string}` {
  return `leaving:${mailbox}`;
}
