import * as v from "valibot";
import { type CborValue, encodeHex } from "../../bytes/mod.ts";
import { DecodeError, ParleyError } from "../../errors/mod.ts";
import type { SyncedKind, SyncedRow } from "../../store/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import { directMailbox } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import type { ControlMessage } from "../controls.ts";
import { decodeMark } from "../people/mark.ts";
import { decodeDeviceLabel } from "./device_label.ts";
import { readKnownDevices } from "./known_devices.ts";

const CONTROL = "synced";
const MAX_VALUE_BYTES = 32_768;
/** Values in one message together; it has to fit one application message. */
const MAX_MESSAGE_BYTES = 40_000;

/** Throws a DecodeError for a value that is none of its kind. */
const decoders: Record<SyncedKind, (value: Uint8Array) => unknown> = {
  mark: decodeMark,
  label: decodeDeviceLabel,
};
const kinds = Object.keys(decoders) as SyncedKind[];

const bodySchema = v.strictObject({
  records: v.pipe(
    v.array(v.strictObject({
      kind: v.picklist(kinds),
      name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,31}$/)),
      time: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      value: v.custom<Uint8Array>((input) => input instanceof Uint8Array && input.length <= MAX_VALUE_BYTES),
    })),
    v.maxLength(1_000),
  ),
});

/** What records need of a client. */
export type SyncedCore = Pick<
  ClientCore,
  "self" | "store" | "clock" | "controls" | "link" | "serially" | "deliverNow" | "warn"
>;

/**
 * Records that all devices of this user keep alike: each change goes to the others in the user's conversation with
 * themselves, and of two changes the later one holds. A device that is new gets all records from the others.
 */
export class SyncedRecords {
  readonly #core: SyncedCore;
  readonly #mailbox: string;

  /** Begins to listen for what the other devices say. */
  constructor(core: SyncedCore) {
    this.#core = core;
    this.#mailbox = directMailbox(core.self.user, core.self.user);
    core.controls.on(CONTROL, (message) => this.#take(message));
  }

  /** The conversation in which records are sent. */
  get mailbox(): string {
    return this.#mailbox;
  }

  /** Sets a record and puts the word for the other devices into the outbox; inside a transaction. */
  put(kind: SyncedKind, name: string, value: Uint8Array): void {
    const { store: { synced }, clock } = this.#core;
    const time = Math.max(clock().getTime(), (synced.get(kind, name)?.time ?? 0) + 1);
    const row = { kind, name, time, value };
    synced.put(row);
    if (this.#hasOtherDevices()) this.#enqueue([row]);
  }

  /**
   * Sends what is in the outbox for the other devices. What cannot be sent now goes out with a later connection, and
   * does not keep anybody from anything.
   */
  async deliver(): Promise<void> {
    const { store, link, serially, warn } = this.#core;
    const { connection } = link;
    if (connection === undefined || !store.outbox.mailboxes().includes(this.#mailbox)) return;
    try {
      await serially(() => this.deliverNow(connection));
    } catch (error) {
      if (!(error instanceof ParleyError) || error.kind === "internal") throw error;
      warn(error);
    }
  }

  /** Sends what is in the outbox for the other devices; within {@link ClientCore.serially} only. */
  deliverNow(connection: ClientConnection): Promise<void> {
    return this.#core.deliverNow(this.#mailbox, connection);
  }

  /** Puts all records into the outbox for a device that is new; inside a transaction. Says whether there are any. */
  enqueueAll(): boolean {
    const rows = kinds.flatMap((kind) => this.#core.store.synced.list(kind));
    for (let first = 0, at = 0, bytes = 0; at < rows.length; at++) {
      bytes += rows[at]!.value.length;
      const next = rows[at + 1]?.value.length ?? Infinity;
      if (bytes + next <= MAX_MESSAGE_BYTES) continue;
      this.#enqueue(rows.slice(first, at + 1));
      [first, bytes] = [at + 1, 0];
    }
    return rows.length > 0;
  }

  #hasOtherDevices(): boolean {
    const { self, store } = this.#core;
    return readKnownDevices(store).placed.keys().some((device) => device !== self.device);
  }

  /** A record that no message can carry stays on this device. */
  #enqueue(rows: SyncedRow[]): void {
    const records: CborValue[] = rows.filter(({ value }) => value.length <= MAX_VALUE_BYTES)
      .map(({ kind, name, time, value }) => ({ kind, name, time, value }));
    this.#core.controls.enqueue(this.#mailbox, CONTROL, { records });
  }

  /** What is not understood comes from a device with a newer version: it concerns that version only. */
  #take({ mailbox, from, time: takenAt, body }: ControlMessage): void {
    const result = v.safeParse(bodySchema, body);
    if (!result.success || mailbox !== this.#mailbox || from.user !== this.#core.self.user) return;
    for (const { time, ...record } of result.output.records) {
      // A clock that is wrong must not make a record last for ever.
      const row = { ...record, time: Math.min(time, takenAt) };
      if (isOfItsKind(row) && this.#isLater(row)) this.#core.store.synced.put(row);
    }
  }

  #isLater({ kind, name, time, value }: SyncedRow): boolean {
    const known = this.#core.store.synced.get(kind, name);
    if (known === undefined || time !== known.time) return time > (known?.time ?? -1);
    // Any rule will do, if all devices have the same.
    return encodeHex(value) > encodeHex(known.value);
  }
}

function isOfItsKind({ kind, value }: SyncedRow): boolean {
  try {
    decoders[kind](value);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}
