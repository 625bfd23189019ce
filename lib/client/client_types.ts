import type { RandomSource } from "../crypto/mod.ts";
import type { ParleyError } from "../errors/mod.ts";
import type { Clock } from "../pki/mod.ts";
import type { DeviceRef } from "../wire/mod.ts";
import type { ReceiptPolicy } from "./delivery/receipt_reporter.ts";
import type { KeyKeeper } from "./identity.ts";
import type { PassphraseSource } from "./storage_key.ts";

/** How to open a client. */
export interface ClientOptions {
  /** The data folder. */
  home: string;
  /** The identity in it. */
  identity: DeviceRef;
  /** Asked where the identity is under a passphrase. */
  passphrase: PassphraseSource;
  /** Asked first where the identity is under a passphrase, and given what the passphrase has opened. */
  keeper?: KeyKeeper;
  /** What other processes read while this one works on the identity, such as `parley send (pid 17)`. */
  holder: string;
  /** What the relay is told, such as `parley/0.1.0`. */
  agent: string;
  /** Hears what is wrong and does not stop it: a certificate that cannot be renewed, a conversation out of order. */
  onWarning: (error: ParleyError) => void;
  /** What others are told of their messages. Default: `read`. */
  receipts?: ReceiptPolicy;
  /** The time. */
  clock?: Clock;
  /** Randomness. */
  random?: RandomSource;
}

/** A message that has been taken for sending. */
export interface SentMessage {
  /** Its id, 32 hexadecimal digits. */
  id: string;
  /** The conversation. */
  conversation: string;
  /** How far it is. */
  status: DeliveryLevel;
}

/**
 * How far a message is. `queued`: safe in this device's outbox; `relayed`: safe on the relay's disk; `delivered`:
 * at least one device of every other user of the conversation has it; `read`: one of each has shown it.
 */
export type DeliveryLevel = "queued" | "relayed" | "delivered" | "read";

/** A user whom the relay knows. */
export interface UserPresence {
  /** The user. */
  user: string;
  /** Whether any device of theirs is connected. */
  online: boolean;
  /** Their devices. */
  devices: { device: string; online: boolean }[];
}

/** Whether the relay is reached. */
export type ConnectionState = "connecting" | "online" | "offline";

/** Hears what happens while a client stays connected. */
export interface RunListener {
  /** The relay is reached, or is not reached any more and why. */
  onState(state: ConnectionState, error?: ParleyError): void;
  /** A conversation's messages have to wait, and why. */
  onTrouble(error: ParleyError): void;
}
