import { Reader } from "../bytes/mod.ts";
import { ProtocolError, StorageError } from "../errors/mod.ts";
import {
  type DeviceRef,
  directMailbox,
  directUsers,
  formatDeviceRef,
  type MlsHeader,
  readApplicationEpoch,
  readGroupInfoHeader,
  readMlsHeader,
} from "../wire/mod.ts";
import type { MemberChange } from "./log_record.ts";
import { exists, isCurrent, type MailboxState } from "./mailbox_state.ts";

/** Bounds of what a mailbox store keeps. */
export interface MailboxLimits {
  /** Entries kept in one mailbox. */
  maxEntries: number;
  /** Bytes of the entries kept in one mailbox. */
  maxBytes: number;
  /** Devices in one conversation. */
  maxMembers: number;
  /** Conversations that one device may be in when it creates another one. */
  maxConversations: number;
  /** One-time key packages kept for one device; the oldest go first. */
  maxKeyPackages: number;
}

/** The bounds of a store unless told otherwise. */
export const defaultMailboxLimits: Readonly<MailboxLimits> = {
  maxEntries: 100_000,
  maxBytes: 512 * 1024 * 1024,
  maxMembers: 2_000,
  maxConversations: 10_000,
  maxKeyPackages: 200,
};

/** An append as its sender asked for it; who that is comes from the connection's certificate. */
export interface AppendRequest {
  /** The conversation. */
  mailbox: string;
  /** Who appends. */
  from: DeviceRef;
  /** Makes the append idempotent. */
  id: Uint8Array<ArrayBuffer>;
  /** An MLSMessage: a PrivateMessage that holds an application message. */
  message: Uint8Array<ArrayBuffer>;
  /** Seconds after which it is to vanish. */
  expires?: number;
}

/** A commit bundle as its sender asked for it. */
export interface CommitRequest extends MemberChange {
  /** The conversation. */
  mailbox: string;
  /** Who commits. */
  from: DeviceRef;
  /** Makes the commit idempotent. */
  id: Uint8Array<ArrayBuffer>;
  /** An MLSMessage: a PrivateMessage that holds a commit, or the PublicMessage of one who enters from outside. */
  commit: Uint8Array<ArrayBuffer>;
  /** An MLSMessage: the GroupInfo of the epoch after the commit. */
  groupInfo?: Uint8Array<ArrayBuffer>;
}

/** MLSMessage of version mls10 and wire format mls_welcome (RFC 9420 §6). */
const WELCOME_HEADER = 0x0001_0003;

/**
 * Checks that a message may become the next entry of a conversation in the given state.
 *
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `forbidden`, `wrong-content`, `wrong-group`, `not-a-member`, `epoch-stale`
 * @throws {StorageError} `mailbox-full`
 */
export function admitMessage(
  state: MailboxState | undefined,
  request: AppendRequest,
  limits: MailboxLimits,
): asserts state is MailboxState {
  refuseDeviceMailbox(request.mailbox);
  const { message, mailbox } = request;
  const epoch = readApplicationEpoch(message, mailbox) ?? readHeader(message, "application", mailbox).epoch;
  if (state === undefined || !isCurrent(state.members.get(formatDeviceRef(request.from)))) throw notAMember();
  if (epoch !== state.epoch) {
    throw new ProtocolError("epoch-stale", `the message is of epoch ${epoch}, not of ${state.epoch}`, {
      hint: "read the conversation's new entries and send it again",
    });
  }
  assertRoom(state, request.message.length, limits);
}

/**
 * Checks that a commit bundle may become the next entry of a conversation in the given state.
 *
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `wrong-content`, `wrong-group`, `not-a-member`, `epoch-conflict`, `forbidden`,
 * `device-unknown`, `already-member`, `member-unknown`, `too-many-members`, `wrong-welcome`
 * @throws {StorageError} `mailbox-full`
 */
export function admitCommit(
  state: MailboxState | undefined,
  request: CommitRequest,
  options: { isEnrolled: (device: DeviceRef) => boolean; limits: MailboxLimits },
): void {
  refuseDeviceMailbox(request.mailbox);
  const { epoch, external } = readHeader(request.commit, "commit", request.mailbox);
  const author = formatDeviceRef(request.from);
  const present = exists(state) ? state : undefined;
  if (!options.isEnrolled(request.from)) throw deviceUnknown(author);
  if (external) admitJoiner(present, request.mailbox, request.from);
  else if (epoch > 0 && !isCurrent(present?.members.get(author))) throw notAMember();
  if (epoch !== (present?.epoch ?? 0)) {
    throw new ProtocolError("epoch-conflict", `epoch ${epoch} of the conversation is over`, {
      hint: "read the conversation's new entries and commit again",
    });
  }
  if (request.groupInfo !== undefined) assertGroupInfo(request.groupInfo, request.mailbox, epoch + 1);
  assertUsers(request);
  if (external) assertNoChange(request);
  else assertChange(present, request, author, options);
  // Twice the room of messages, so that a conversation that is full can still remove who holds it up.
  const room = {
    ...options.limits,
    maxEntries: options.limits.maxEntries * 2,
    maxBytes: options.limits.maxBytes * 2,
  };
  if (state !== undefined) assertRoom(state, request.commit.length, room);
}

/** A GroupInfo as a member leaves it with the relay. */
export interface GroupInfoRequest {
  /** The conversation. */
  mailbox: string;
  /** Who leaves it. */
  from: DeviceRef;
  /** An MLSMessage. */
  groupInfo: Uint8Array<ArrayBuffer>;
}

/**
 * Checks that a GroupInfo may be kept for a conversation in the given state.
 *
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `wrong-group`, `not-a-member`, `epoch-stale`
 */
export function admitGroupInfo<State extends MailboxState>(
  state: State | undefined,
  { mailbox, from, groupInfo }: GroupInfoRequest,
): asserts state is State {
  if (state === undefined || !isCurrent(state.members.get(formatDeviceRef(from)))) throw notAMember();
  assertGroupInfo(groupInfo, mailbox, state.epoch);
}

/**
 * Checks that a device may enter a conversation from outside: one of its two users' devices, or of a user of whom
 * any device is a member.
 *
 * @throws {ProtocolError} `not-a-member`
 */
export function admitJoiner<State extends MailboxState>(
  state: State | undefined,
  mailbox: string,
  { user }: DeviceRef,
): asserts state is State {
  if (!exists(state)) throw notAMember();
  if (directUsers(mailbox)?.includes(user)) return;
  for (const [device, membership] of state.members) {
    if (isCurrent(membership) && device.startsWith(`${user}/`)) return;
  }
  throw notAMember();
}

function assertGroupInfo(groupInfo: Uint8Array, mailbox: string, epoch: number): void {
  const header = readGroupInfoHeader(groupInfo);
  if (header.groupId !== mailbox) throw wrongGroup();
  if (header.epoch === epoch) return;
  throw new ProtocolError("epoch-stale", `the group info is of epoch ${header.epoch}, not of ${epoch}`);
}

function assertNoChange({ add, remove, welcome }: CommitRequest): void {
  if (add.length + remove.length === 0 && welcome === undefined) return;
  throw forbidden("who enters a conversation from outside changes no other member");
}

function readHeader(message: Uint8Array, content: "application" | "commit", mailbox: string): MlsHeader {
  const header = readMlsHeader(message);
  if (header.contentType !== content) {
    throw new ProtocolError("wrong-content", `expected an MLS ${content} message, got ${header.contentType}`);
  }
  if (header.groupId !== mailbox) throw wrongGroup();
  return header;
}

function wrongGroup(): ProtocolError {
  return new ProtocolError("wrong-group", "the MLS group is not the mailbox's");
}

function refuseDeviceMailbox(mailbox: string): void {
  if (mailbox.startsWith("device:")) throw forbidden("only the relay appends to a device's mailbox");
}

function assertUsers(request: CommitRequest): void {
  const users = directUsers(request.mailbox);
  if (users === undefined) return;
  if (directMailbox(...users) !== request.mailbox) {
    throw forbidden("the users of a direct conversation are not in order");
  }
  for (const { user } of [request.from, ...request.add]) {
    if (!users.includes(user)) throw forbidden("a direct conversation has devices of its two users only");
  }
}

function assertChange(
  present: MailboxState | undefined,
  request: CommitRequest,
  author: string,
  { isEnrolled, limits }: { isEnrolled: (device: DeviceRef) => boolean; limits: MailboxLimits },
): void {
  const members = new Set<string>(present === undefined ? [author] : []);
  for (const [device, membership] of present?.members ?? []) {
    if (membership.ceiling === undefined) members.add(device);
  }
  for (const device of request.remove.map(formatDeviceRef)) {
    if (device === author) throw forbidden("a device cannot remove itself in its own commit");
    if (!members.delete(device)) throw new ProtocolError("member-unknown", `${device} is not a member`);
  }
  let welcomed = 0;
  for (const ref of request.add) {
    const device = formatDeviceRef(ref);
    if (present === undefined && device === author) continue;
    if (members.has(device)) throw new ProtocolError("already-member", `${device} is a member already`);
    if (!isEnrolled(ref)) throw deviceUnknown(device);
    members.add(device);
    welcomed++;
  }
  if (members.size > limits.maxMembers) {
    throw new ProtocolError("too-many-members", `a conversation has at most ${limits.maxMembers} devices`);
  }
  assertWelcome(request.welcome, welcomed);
}

function assertWelcome(welcome: Uint8Array | undefined, devices: number): void {
  if ((welcome === undefined) !== (devices === 0)) {
    throw new ProtocolError("wrong-welcome", "a commit has a welcome exactly if it adds devices");
  }
  if (welcome !== undefined && new Reader(welcome).u32("MLS welcome") !== WELCOME_HEADER) {
    throw new ProtocolError("wrong-welcome", "the welcome is not an MLS welcome");
  }
}

/**
 * Checks that a mailbox has room for one more entry.
 *
 * @throws {StorageError} `mailbox-full`
 */
export function assertRoom(state: MailboxState, bytes: number, limits: MailboxLimits): void {
  if (state.entries < limits.maxEntries && state.bytes + bytes <= limits.maxBytes) return;
  throw new StorageError("mailbox-full", "the mailbox is full", {
    hint: "entries stay until every device has fetched them; remove devices that are no longer used",
  });
}

/** The error for everyone who may not know whether a conversation exists. */
export function notAMember(): ProtocolError {
  return new ProtocolError("not-a-member", "this device is not a member of the conversation");
}

function deviceUnknown(device: string): ProtocolError {
  return new ProtocolError("device-unknown", `${device} is not known to this relay`, {
    hint: "it must have enrolled, and must not have been revoked",
  });
}

function forbidden(message: string): ProtocolError {
  return new ProtocolError("forbidden", message);
}
