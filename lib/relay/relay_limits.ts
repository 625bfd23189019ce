import type { BlobLimits, MailboxLimits } from "../store/mod.ts";
import type { ListenLimits } from "../transport/mod.ts";

/** Bounds of a relay. */
export interface RelayLimits {
  /** Bounds of the storage that differ from its default. */
  mailboxes: Partial<MailboxLimits>;
  /** Bounds of the store of files that differ from its default. */
  blobs: Partial<BlobLimits>;
  /** Bytes of one device's files that wait for the disk. */
  maxBlobBytesInFlightPerDevice: number;
  /** Bytes of files that wait for the disk, in all. */
  maxBlobBytesInFlight: number;
  /** Bounds of connections that differ from their default. */
  connections: Partial<ListenLimits>;
  /** Connections at once of one device. */
  maxConnectionsPerDevice: number;
  /** Requests a second of one device, in the long run. */
  requestsPerSecond: number;
  /** Requests of one device at once. */
  requestBurst: number;
  /** Enrolments begun a second from one address, in the long run. */
  enrollmentsPerSecond: number;
  /** Enrolments begun from one address at once. */
  enrollmentBurst: number;
  /** Questions a second from one address for the outcome of a request for enrolment, in the long run. */
  collectsPerSecond: number;
  /** Such questions from one address at once. */
  collectBurst: number;
  /** Passwords tried a second for one user name, in the long run. */
  passwordsPerSecond: number;
  /** Passwords tried for one user name at once. */
  passwordBurst: number;
  /** Passwords that wait to be checked, in all. */
  maxWaitingPasswords: number;
  /** Invites for further devices a second of one user, in the long run. */
  linksPerSecond: number;
  /** Such invites of one user at once. */
  linkBurst: number;
  /** Enrolments that await their proof, in all. */
  maxPendingEnrollments: number;
  /** How long an entry is kept for devices that do not fetch it, in milliseconds. */
  retentionMs: number;
}

/** The bounds of a relay unless told otherwise. */
export const defaultRelayLimits: Readonly<RelayLimits> = {
  mailboxes: {},
  blobs: {},
  maxBlobBytesInFlightPerDevice: 32 * 1024 * 1024,
  maxBlobBytesInFlight: 256 * 1024 * 1024,
  connections: {},
  maxConnectionsPerDevice: 64,
  requestsPerSecond: 20_000,
  requestBurst: 40_000,
  enrollmentsPerSecond: 0.5,
  enrollmentBurst: 30,
  collectsPerSecond: 2,
  collectBurst: 60,
  passwordsPerSecond: 0.05,
  passwordBurst: 10,
  maxWaitingPasswords: 32,
  linksPerSecond: 0.01,
  linkBurst: 20,
  maxPendingEnrollments: 1_000,
  retentionMs: 30 * 24 * 60 * 60_000,
};
