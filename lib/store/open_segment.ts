import {
  type DeviceRef,
  encodedEntriesPush,
  EntriesEncoder,
  ENTRY_ID_BYTES,
  limits,
  type Push,
} from "../wire/mod.ts";
import type { Place } from "./mailbox_store.ts";

/** A message that was admitted. */
export interface NewMessage {
  /** Who sent it. */
  from: DeviceRef;
  /** The sender's row. */
  sender: number;
  /** Chosen by the sender. */
  id: Uint8Array<ArrayBuffer>;
  /** An MLSMessage. */
  body: Uint8Array<ArrayBuffer>;
}

/** What an id takes up in a segment's row: the sender's row as a uint32, and the id. */
export const SEGMENT_ID_BYTES: number = 4 + ENTRY_ID_BYTES;
/**
 * The messages that a mailbox gets in one transaction, while it gets them; at most as many as one push takes. To be
 * used again for others, for its buffers are dear.
 */
export class OpenSegment {
  #first = 0;
  #time = 0;
  readonly #encoder = new EntriesEncoder();
  #ids: Uint8Array<ArrayBuffer> = new Uint8Array(16 * SEGMENT_ID_BYTES);
  #bytes = 0;

  /** Forgets what was in it; the first message that is added will have this sequence number. */
  begin(first: number, time: number): void {
    this.#first = first;
    this.#time = time;
    this.#bytes = 0;
    this.#encoder.clear();
  }

  /** Bytes that it holds in memory. */
  get capacity(): number {
    return this.#encoder.capacity + this.#ids.length;
  }

  /** The first entry's sequence number. */
  get first(): number {
    return this.#first;
  }

  /** When all of them were accepted. */
  get time(): number {
    return this.#time;
  }

  /** The last entry's sequence number. */
  get last(): number {
    return this.#first + this.#encoder.count - 1;
  }

  /** Bytes of the bodies, together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The ids, as they are stored. */
  get ids(): Uint8Array<ArrayBuffer> {
    return this.#ids.subarray(0, this.#encoder.count * SEGMENT_ID_BYTES);
  }

  /** Whether another message fits. */
  hasRoomFor(bytes: number): boolean {
    const { count } = this.#encoder;
    return count < limits.maxSyncEntries && (count === 0 || this.#bytes + bytes <= limits.maxSyncBytes);
  }

  /** Adds a message and returns its place. */
  add({ from, sender, id, body }: NewMessage): Place {
    const seq = this.last + 1;
    this.#addId(sender, id);
    this.#encoder.add({ seq, id, kind: "message", from, time: this.time, body });
    this.#bytes += body.length;
    return { seq, time: this.time };
  }

  /** The entries, as they are stored; nothing may be added afterwards. */
  entries(): Uint8Array<ArrayBuffer> {
    return this.#encoder.array();
  }

  /** The entries, as they are pushed; nothing may be added afterwards. */
  push(mailbox: string): Push {
    return encodedEntriesPush(mailbox, this.#encoder);
  }

  #addId(sender: number, id: Uint8Array): void {
    const at = this.#encoder.count * SEGMENT_ID_BYTES;
    if (at === this.#ids.length) {
      const grown = new Uint8Array(2 * at);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    const ids = this.#ids;
    ids[at] = sender >>> 24;
    ids[at + 1] = sender >>> 16;
    ids[at + 2] = sender >>> 8;
    ids[at + 3] = sender;
    for (let i = 0; i < ENTRY_ID_BYTES; i++) ids[at + 4 + i] = id[i]!;
  }
}
