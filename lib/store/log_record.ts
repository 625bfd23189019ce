import type { DeviceRef } from "../wire/mod.ts";

/** What a commit changes besides the MLS epoch. */
export interface MemberChange {
  /** Devices added. */
  add: DeviceRef[];
  /** Devices removed; a device may be removed and added again at once. */
  remove: DeviceRef[];
  /** An MLSMessage of wire format mls_welcome for all devices added. */
  welcome?: Uint8Array<ArrayBuffer>;
}

/**
 * One entry as it stands in the log. Everything else that a mailbox store keeps (members, epoch, the welcomes
 * in the devices' mailboxes) follows from it by `projectEntry`, so an engine needs to append atomically only
 * this, and may derive the rest afterwards and again.
 */
export interface LogRecord {
  /** What the body is. */
  kind: "message" | "commit" | "welcome";
  /** With the sender it names the entry within its mailbox: a second append with both changes nothing. */
  id: Uint8Array<ArrayBuffer>;
  /** Who appended it, by its certificate. */
  from: DeviceRef;
  /** Milliseconds since 1970 by the relay's clock. */
  time: number;
  /** An MLSMessage. */
  body: Uint8Array<ArrayBuffer>;
  /** Of a message that is to vanish: when, milliseconds since 1970. */
  expires?: number;
  /** Of a commit. */
  change?: MemberChange;
  /** Of a welcome: the entry that it was derived from. */
  conversation?: { mailbox: string; seq: number };
}
