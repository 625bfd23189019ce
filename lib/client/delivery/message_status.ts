import { decodeCbor, encodeHex } from "../../bytes/mod.ts";
import type { ClientStore, MessageRow, ReceiptRow } from "../../store/mod.ts";
import { decodeRelayStatement } from "../../wire/mod.ts";
import type { DeliveryLevel } from "../client_types.ts";

/** What became of a message at one user. */
export interface UserStatus {
  /** The user. */
  user: string;
  /** How far it is with the device that is furthest. */
  status: "relayed" | "delivered" | "read";
  /** When the first device had it, by the relay's clock. */
  deliveredAt?: Date;
  /** When it was first shown. */
  readAt?: Date;
  /** The devices that have said something. */
  devices: { device: string; deliveredAt: Date; readAt?: Date }[];
}

/** That the relay has a message on disk, with its signature. */
export interface RelayReceipt {
  /** The message's place in the conversation. */
  seq: number;
  /** When the relay accepted it. */
  time: Date;
  /** The SHA-256 of the MLS message, in hexadecimal digits. */
  sha256: string;
  /** What the relay signed; `decodeRelayStatement` of the wire protocol reads it. */
  statement: Uint8Array;
  /** The Ed25519 signature. */
  signature: Uint8Array;
  /** The relay's certificate and those above it, in DER, without the root. */
  certificates: Uint8Array[];
}

/** What has become of a message of this user. */
export interface MessageStatusFacts {
  /** The line's id. */
  id: string;
  /** The conversation. */
  conversation: string;
  /** When it was sent. */
  time: Date;
  /** How far it is with all users of the conversation. */
  status: DeliveryLevel;
  /** The users who tell; absent where nobody does. */
  users?: UserStatus[];
  /** The relay's receipt, where there is one. */
  relay?: RelayReceipt;
}

/** Puts together what is known of a message of this user. */
export function readMessageStatus(store: ClientStore, row: MessageRow): MessageStatusFacts {
  const users = usersOf(store, row);
  const relay = relayReceiptOf(store, row);
  return {
    id: encodeHex(row.id),
    conversation: row.mailbox,
    time: new Date(row.time),
    status: levelOf(store, row, users),
    ...(users !== undefined && { users }),
    ...(relay !== undefined && { relay }),
  };
}

function levelOf(store: ClientStore, row: MessageRow, users: UserStatus[] | undefined): DeliveryLevel {
  if (row.seq === null || store.outbox.has(row.id)) return "queued";
  if (users === undefined || users.some(({ status }) => status === "relayed")) return "relayed";
  return users.every(({ status }) => status === "read") ? "read" : "delivered";
}

function usersOf(
  store: ClientStore,
  { mailbox, index, audience = [] }: MessageRow,
): UserStatus[] | undefined {
  if (index === undefined || audience.length === 0) return undefined;
  const receipts = store.receipts.of(mailbox, index.messageId);
  return audience.map((user) => userStatus(user, receipts.filter((one) => one.user === user)));
}

function userStatus(user: string, receipts: ReceiptRow[]): UserStatus {
  const devices = receipts.map(({ device, delivered, read }) => ({
    device,
    deliveredAt: new Date(delivered),
    ...(read !== null && { readAt: new Date(read) }),
  }));
  const deliveredAt = earliest(receipts.map(({ delivered }) => delivered));
  const readAt = earliest(receipts.flatMap(({ read }) => read ?? []));
  return {
    user,
    status: readAt !== undefined ? "read" : deliveredAt !== undefined ? "delivered" : "relayed",
    ...(deliveredAt !== undefined && { deliveredAt }),
    ...(readAt !== undefined && { readAt }),
    devices,
  };
}

function earliest(times: number[]): Date | undefined {
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

function relayReceiptOf(store: ClientStore, { mailbox, id }: MessageRow): RelayReceipt | undefined {
  const stored = store.relayReceipts.of(mailbox, id);
  if (stored === undefined) return undefined;
  const { statement, signature } = stored;
  const entry = decodeRelayStatement(statement).entries.find((one) => encodeHex(one.id) === encodeHex(id));
  if (entry === undefined) return undefined;
  return {
    seq: entry.seq,
    time: new Date(entry.time),
    sha256: encodeHex(entry.digest),
    statement,
    signature,
    certificates: decodeCbor(stored.certificates) as Uint8Array[],
  };
}
