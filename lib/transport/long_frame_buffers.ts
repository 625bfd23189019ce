import { BLOB_RECORD_BYTES } from "../wire/mod.ts";

/** A record of a file, and what its frame has besides. */
const BUFFER_BYTES = BLOB_RECORD_BYTES + 1_024;
/** Shorter frames are not worth it. */
const MIN_BYTES = 128 * 1024;
/** Buffers that wait to be used again, 6 MiB: as many as one upload has in flight. */
const MAX_WAITING = 24;

/**
 * Buffers for received frames that hold a record of a file, used again and again. To allocate a buffer of that size for
 * each of them, and to collect it, costs a relay as much as to encrypt what it sends.
 */
export class LongFrameBuffers {
  readonly #waiting: ArrayBuffer[] = [];

  /** Gives a buffer of at least so many bytes, with anything in it. */
  take(minBytes: number): Uint8Array<ArrayBuffer> {
    if (minBytes < MIN_BYTES || minBytes > BUFFER_BYTES) return new Uint8Array(minBytes);
    return new Uint8Array(this.#waiting.pop() ?? new ArrayBuffer(BUFFER_BYTES));
  }

  /** Takes back the buffer of a frame's body, if it is one from here; nobody may look at it any more. */
  give({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== BUFFER_BYTES) return;
    if (this.#waiting.length < MAX_WAITING && !this.#waiting.includes(buffer)) this.#waiting.push(buffer);
  }
}

/** Those of all connections. */
export const longFrameBuffers: LongFrameBuffers = new LongFrameBuffers();

/**
 * Takes back a record that came as the answer to `blob-get`, at which nobody looks any more: its buffer is used again. It
 * may be left to the garbage collector as well.
 */
export function recycleRecord(record: Uint8Array): void {
  longFrameBuffers.give(record);
}
