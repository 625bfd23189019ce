import type { BlobOperations } from "./blob_operation_types.ts";
import type { DeviceOperations } from "./device_operation_types.ts";
import type { GroupOperations } from "./group_operation_types.ts";
import type { DeviceRef } from "./names.ts";
import type { Entry } from "./entry.ts";

/** Opens every connection. */
export interface Hello {
  /** What the client says of itself; `crlNumber` is the newest CRL that it has. */
  request: { version: number; agent: string; crlNumber?: number };
  /**
   * What the relay says of itself. `time` is its clock in milliseconds since 1970. `device` is who it
   * takes the client for, absent on a connection that can only enrol. `authorities` are the CA's
   * certificates above the relay's own in DER, the root last. `crl` comes where it is newer than the
   * client's. `keyPackages` counts the one-time key packages that are left of this device. `expired` says
   * that the client's certificate has expired: all that it may ask is `renew`.
   */
  response: {
    version: number;
    agent: string;
    time: number;
    device?: DeviceRef;
    authorities: Uint8Array<ArrayBuffer>[];
    crl?: Uint8Array<ArrayBuffer>;
    keyPackages?: number;
    expired?: boolean;
  };
}

/** Begins an enrolment. */
export interface EnrollBegin {
  /**
   * A PKCS#10 request in DER, the names wanted, and by what right: the token of an invite, or the user's
   * password in UTF-8, or neither: then the operator is asked.
   */
  request: {
    csr: Uint8Array<ArrayBuffer>;
    token?: Uint8Array<ArrayBuffer>;
    password?: Uint8Array<ArrayBuffer>;
    user: string;
    device: string;
  };
  /** A fresh challenge, and how the holder of the key answers it: by signing, or (RSA) by decrypting. */
  response: {
    enrollment: Uint8Array<ArrayBuffer>;
    proof: "signature" | "decryption";
    challenge: Uint8Array<ArrayBuffer>;
  };
}

/** Ends an enrolment. */
export interface EnrollFinish {
  /** The answer to the challenge. */
  request: { enrollment: Uint8Array<ArrayBuffer>; proof: Uint8Array<ArrayBuffer> };
  /**
   * The device's certificate in DER and those above it, without the root; or, where the operator is asked, the
   * id under which the outcome can be collected.
   */
  response: { certificates: Uint8Array<ArrayBuffer>[] } | { request: Uint8Array<ArrayBuffer> };
}

/** Asks what the operator has said to a request for enrolment. */
export interface EnrollCollect {
  /** The id from `enroll-finish`. */
  request: { request: Uint8Array<ArrayBuffer> };
  /** The certificates as in `enroll-finish`; absent as long as nothing was said. */
  response: { certificates?: Uint8Array<ArrayBuffer>[] };
}

/**
 * Renews the certificate of this connection for its own key. That the key is held has been proven by the TLS
 * handshake, and the names are the certificate's; so there is nothing to ask but this. A certificate of the
 * key that is not due for renewal is given again.
 */
export interface Renew {
  /** Nothing. */
  request: Record<never, never>;
  /** The device's certificate in DER and those above it, without the root. */
  response: { certificates: Uint8Array<ArrayBuffer>[] };
}

/**
 * Adds one-time key packages and replaces the last-resort one (RFC 9420 §16.8); with `replace` the one-time
 * ones that are there go as well, for they hold a certificate that was renewed since.
 */
export interface PublishKeyPackages {
  /** KeyPackages (RFC 9420 §10) as MLSMessages. */
  request: {
    packages: Uint8Array<ArrayBuffer>[];
    lastResort?: Uint8Array<ArrayBuffer>;
    replace?: boolean;
  };
  /** One-time key packages of this device that the relay now holds. */
  response: { keyPackages: number };
}

/** Takes one key package of each device named; a one-time one is handed out once. */
export interface TakeKeyPackages {
  /** The devices. */
  request: { devices: DeviceRef[] };
  /** A device without any key package is left out. */
  response: { packages: { device: DeviceRef; keyPackage: Uint8Array<ArrayBuffer> }[] };
}

/** Lists the enrolled, not revoked devices of the users named, or of all users. */
export interface Devices {
  /** The users; all of them where it is absent. */
  request: { users?: string[] };
  /** The devices and whether they are connected now. */
  response: { devices: { user: string; device: string; online: boolean }[] };
}

/** Lists the mailboxes that this device reads, in the order of their names. */
export interface Mailboxes {
  /** Goes on after this one. */
  request: { after?: string };
  /** Each with its last sequence number. */
  response: { mailboxes: { mailbox: string; head: number }[]; more: boolean };
}

/** Reads the entries of a mailbox after a sequence number, oldest first. */
export interface Sync {
  /** Which mailbox, from where, and how many entries at most. */
  request: { mailbox: string; after: number; limit: number };
  /**
   * `head` is the mailbox's last sequence number; `floor` the first that this device may still read
   * (older entries are from before it was a member, or have expired), `acked` the last that it has said to be safe.
   */
  response: { entries: Entry[]; head: number; floor: number; acked?: number };
}

/**
 * Appends an MLS application message to a conversation. It must carry the conversation's present epoch,
 * else the answer is the error `epoch-stale`. The answer comes when the entry is on disk.
 */
export interface Append {
  /**
   * `id` is 16 random bytes: an append that is repeated with the same id changes nothing. Where there is an
   * `expires` the relay forgets the message after that many seconds; the entry stays, empty.
   */
  request: {
    mailbox: string;
    id: Uint8Array<ArrayBuffer>;
    message: Uint8Array<ArrayBuffer>;
    expires?: number;
  };
  /** Where the entry stands, and when it was accepted (milliseconds since 1970). */
  response: { seq: number; time: number };
}

/**
 * Appends an MLS commit with its welcome and the change of members that it makes, as one entry. It must
 * carry the conversation's present epoch (0 creates it), else the answer is the error `epoch-conflict`.
 *
 * A PublicMessage is of a device that enters from outside, which only devices of the conversation's users may: it
 * is a member from then on, whether or not it was before, and no others change.
 */
export interface Commit {
  /**
   * The welcome is an MLSMessage for all devices added; a commit that creates also lists its author. `groupInfo`
   * is an MLSMessage of the epoch after the commit, for a device that wants to enter from outside.
   */
  request: {
    mailbox: string;
    id: Uint8Array<ArrayBuffer>;
    commit: Uint8Array<ArrayBuffer>;
    welcome?: Uint8Array<ArrayBuffer>;
    add: DeviceRef[];
    remove: DeviceRef[];
    groupInfo?: Uint8Array<ArrayBuffer>;
  };
  /** Where the entry stands, and when it was accepted (milliseconds since 1970). */
  response: { seq: number; time: number };
}

/** Says that everything up to `seq` is safe in this device's own store. */
export interface Ack {
  /** The mailbox and the last entry that is safe. */
  request: { mailbox: string; seq: number };
  /** Nothing. */
  response: Record<never, never>;
}

/** From now on the relay pushes what arrives in the mailboxes that this device reads. */
export interface Watch {
  /** Nothing. */
  request: Record<never, never>;
  /** Nothing. */
  response: Record<never, never>;
}

/** Asks for the relay's signature on that it has entries which this device appended. */
export interface Receipt {
  /** The mailbox and the entries' ids. */
  request: { mailbox: string; ids: Uint8Array<ArrayBuffer>[] };
  /**
   * What it signed (see `decodeRelayStatement`; entries that it has not, or has no more, are left out), the
   * Ed25519 signature of its certificate's key, and that certificate with those above it, in DER, without the root.
   */
  response: {
    statement: Uint8Array<ArrayBuffer>;
    signature: Uint8Array<ArrayBuffer>;
    certificates: Uint8Array<ArrayBuffer>[];
  };
}

/** Every request of the protocol with the answer that it gets. */
export interface Operations extends BlobOperations, DeviceOperations, GroupOperations {
  /** See {@link Hello}. */
  "hello": Hello;
  /** See {@link EnrollBegin}. */
  "enroll-begin": EnrollBegin;
  /** See {@link EnrollFinish}. */
  "enroll-finish": EnrollFinish;
  /** See {@link EnrollCollect}. */
  "enroll-collect": EnrollCollect;
  /** See {@link Renew}. */
  "renew": Renew;
  /** See {@link PublishKeyPackages}. */
  "publish-key-packages": PublishKeyPackages;
  /** See {@link TakeKeyPackages}. */
  "take-key-packages": TakeKeyPackages;
  /** See {@link Devices}. */
  "devices": Devices;
  /** See {@link Mailboxes}. */
  "mailboxes": Mailboxes;
  /** See {@link Sync}. */
  "sync": Sync;
  /** See {@link Append}. */
  "append": Append;
  /** See {@link Commit}. */
  "commit": Commit;
  /** See {@link Ack}. */
  "ack": Ack;
  /** See {@link Watch}. */
  "watch": Watch;
  /** See {@link Receipt}. */
  "receipt": Receipt;
}

/** The name of a request. */
export type OperationName = keyof Operations;

/** The fields of a request. */
export type OperationRequest<N extends OperationName> = Operations[N]["request"];

/** The fields of an answer. */
export type OperationResponse<N extends OperationName> = Operations[N]["response"];

/**
 * What a relay sends unasked: new entries of one mailbox without a gap after what the connection saw
 * last; the word that pushes were left out because the connection read too slowly, so that the client
 * asks for `mailboxes` and `sync` again; a newer CRL; the word that a device of the connection's user has
 * published its first key packages; about the GroupInfo of a conversation, that this device should put it, or
 * (not `wanted`) that the one it has asked for is there.
 */
export type Push =
  | { push: "entries"; mailbox: string; entries: Entry[] }
  | { push: "lagged" }
  | { push: "crl"; crl: Uint8Array<ArrayBuffer> }
  | { push: "devices-changed" }
  | { push: "group-info"; mailbox: string; wanted: boolean };
