import type { CborValue } from "../bytes/mod.ts";
import type { RandomSource } from "../crypto/mod.ts";
import type { Clock } from "../pki/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import { type DeviceRef, ENTRY_ID_BYTES } from "../wire/mod.ts";
import { encodeControl } from "./content/mod.ts";

/** A message from client to client, such as that a group has another name. */
export interface ControlMessage {
  /** The conversation. */
  mailbox: string;
  /** Its place there. */
  seq: number;
  /** When the relay accepted it, milliseconds since 1970. */
  time: number;
  /** Who sent it, by the MLS credential. */
  from: DeviceRef;
  /** What it says. Any member may have sent it: check it. */
  body: CborValue;
}

/** Works a control message in; inside the transaction that takes it from the log. */
export type ControlHandler = (message: ControlMessage) => Promise<void> | void;

/** Sends control messages through the outbox like any other, and hands those that arrive to whom they concern. */
export class Controls {
  readonly #store: ClientStore;
  readonly #self: DeviceRef;
  readonly #random: RandomSource;
  readonly #clock: Clock;
  readonly #handlers = new Map<string, ControlHandler>();

  /** Sends as one device. */
  constructor(store: ClientStore, self: DeviceRef, random: RandomSource, clock: Clock) {
    this.#store = store;
    this.#self = self;
    this.#random = random;
    this.#clock = clock;
  }

  /** Names who works in the messages of a type. */
  on(type: string, handler: ControlHandler): void {
    this.#handlers.set(type, handler);
  }

  /** Hands on what has arrived; a type that this version does not know concerns nobody. Inside a transaction. */
  async take(type: string, message: ControlMessage): Promise<void> {
    await this.#handlers.get(type)?.(message);
  }

  /** Puts a message into the outbox; inside a transaction. It goes out with the conversation's others. */
  enqueue(mailbox: string, type: string, body: CborValue): void {
    this.enqueueContent(mailbox, encodeControl(type, body, this.#random));
  }

  /** The same for content of any type that no person is shown. */
  enqueueContent(mailbox: string, content: Uint8Array): void {
    const id = this.#random(ENTRY_ID_BYTES);
    this.#store.outbox.add({ id, mailbox, content });
    // Its echo in the log is known by this line, which no history shows.
    const line = { id, mailbox, seq: null, ...this.#self, time: this.#clock().getTime() };
    this.#store.messages.add({ ...line, kind: "control", outgoing: true, content: new Uint8Array() });
  }
}
