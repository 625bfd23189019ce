import type { TLSSocket } from "node:tls";
import { encodeFrameInto, encodeFrameStart, type Frame, FRAME_START_BYTES, frameBytes } from "../wire/mod.ts";
import { BufferPool } from "./buffer_pool.ts";

/** Where an outbox counts as full, and as drained again, in bytes. */
export interface OutboxMarks {
  /** Above this many queued bytes the outbox is full. */
  highWaterBytes: number;
  /** At this many or fewer it is drained. */
  lowWaterBytes: number;
}

/** A write is not larger, so that a slow peer shows signs of progress. */
const MAX_WRITE_BYTES = 128 * 1024;
const EMPTY = new Uint8Array();
/** Of all connections; an idle one has none of them. */
const buffers = new BufferPool();

/** What is to be written at once. */
interface Write {
  bytes: Uint8Array;
  /** To be used again afterwards. */
  buffer?: Uint8Array<ArrayBuffer>;
}

/**
 * Collects frames and writes them to a socket: one write for all that one task of the event loop gives, and
 * none while the last one has not left, so that many small frames cost one record and one system call.
 */
export class FrameOutbox {
  readonly #socket: TLSSocket;
  readonly #marks: OutboxMarks;
  readonly #onProgress: (drained: boolean) => void;
  /** Writes that are complete, before what is in the buffer. */
  #writes: Write[] = [];
  /** Frames one after the other, for the next write. */
  #buffer: Uint8Array<ArrayBuffer> = EMPTY;
  #bufferBytes = 0;
  #waitingBytes = 0;
  #writingBytes = 0;
  #scheduled = false;
  #wasFull = false;

  /**
   * Creates an empty outbox. `onProgress` hears that bytes have left which others had to wait for, and whether
   * an outbox that was full has drained.
   */
  constructor(socket: TLSSocket, marks: OutboxMarks, onProgress: (drained: boolean) => void) {
    this.#socket = socket;
    this.#marks = marks;
    this.#onProgress = onProgress;
  }

  /** Bytes that have not left yet. */
  get queuedBytes(): number {
    return this.#waitingBytes + this.#writingBytes;
  }

  /** Whether more was queued than the peer takes in, and has not drained yet. */
  get full(): boolean {
    return this.#wasFull;
  }

  /** Queues a frame. */
  send(frame: Frame): void {
    const size = frameBytes(frame);
    if (size > MAX_WRITE_BYTES) this.#cut(frame);
    else {
      const buffer = this.#reserve(size);
      this.#bufferBytes = encodeFrameInto(buffer, this.#bufferBytes, frame);
    }
    this.#queued(size);
  }

  /** Queues a frame of at most so many bytes that is encoded in its place; `encode` returns where it ends. */
  sendInPlace(maxBytes: number, encode: (bytes: Uint8Array, at: number) => number): void {
    const buffer = this.#reserve(maxBytes);
    const start = this.#bufferBytes;
    this.#bufferBytes = encode(buffer, start);
    this.#queued(this.#bufferBytes - start);
  }

  /** Hands over to the socket all that is queued and ends the stream after it. */
  end(): void {
    while (this.#waitingBytes > 0) this.#write();
    this.#socket.end();
  }

  /** Drops what is queued; for a socket that is gone. */
  clear(): void {
    this.#writes = [];
    this.#buffer = EMPTY;
    this.#bufferBytes = 0;
    this.#waitingBytes = 0;
    this.#wasFull = false;
  }

  #queued(size: number): void {
    this.#waitingBytes += size;
    if (this.queuedBytes > this.#marks.highWaterBytes) this.#wasFull = true;
    this.#schedule();
  }

  /**
   * A transaction's answers and pushes all come in one task, so its microtask collects them; to wait for the
   * next turn of the event loop would let requests come in between that could have shared a transaction.
   */
  #schedule(): void {
    if (this.#scheduled || this.#writingBytes > 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#writingBytes === 0) this.#write();
    });
  }

  #write(): void {
    if (this.#writes.length === 0) this.#sealBuffer();
    const write = this.#writes.shift();
    if (write === undefined) return;
    const size = write.bytes.length;
    this.#waitingBytes -= size;
    if (!this.#socket.writable) return;
    this.#writingBytes += size;
    this.#socket.write(write.bytes, (error) => this.#onWritten(write, error));
  }

  #onWritten({ bytes, buffer }: Write, error: Error | null | undefined): void {
    this.#writingBytes -= bytes.length;
    // After an error nobody knows whether the socket still looks at it.
    if (buffer !== undefined && !error) buffers.give(buffer);
    const waited = this.#waitingBytes > 0;
    if (waited && this.#writingBytes === 0) this.#write();
    const drained = this.#wasFull && this.queuedBytes <= this.#marks.lowWaterBytes;
    if (drained) this.#wasFull = false;
    if (waited || drained) this.#onProgress(drained);
  }

  /** Copies into buffers that are used again: to allocate a long frame takes five times as long as to copy it. */
  #cut({ type, requestId, body, tail }: Frame): void {
    const buffer = this.#reserve(FRAME_START_BYTES);
    const at = this.#bufferBytes;
    encodeFrameStart(buffer, at, { type, requestId, bodyBytes: body.length + (tail?.length ?? 0) });
    this.#bufferBytes = at + FRAME_START_BYTES;
    this.#append(body);
    if (tail !== undefined) this.#append(tail);
  }

  #append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const room = Math.min(bytes.length - at, MAX_WRITE_BYTES - this.#bufferBytes);
      this.#reserve(room).set(bytes.subarray(at, at + room), this.#bufferBytes);
      this.#bufferBytes += room;
      at += room;
      if (this.#bufferBytes === MAX_WRITE_BYTES) this.#sealBuffer();
    }
  }

  #sealBuffer(): void {
    const buffer = this.#buffer;
    if (this.#bufferBytes > 0) this.#writes.push({ bytes: buffer.subarray(0, this.#bufferBytes), buffer });
    this.#buffer = EMPTY;
    this.#bufferBytes = 0;
  }

  /** Makes room in the buffer for a frame, and returns it. */
  #reserve(size: number): Uint8Array<ArrayBuffer> {
    if (this.#bufferBytes + size > MAX_WRITE_BYTES) this.#sealBuffer();
    const needed = this.#bufferBytes + size;
    if (needed <= this.#buffer.length) return this.#buffer;
    const old = this.#buffer;
    this.#buffer = buffers.take(Math.max(needed, 2 * old.length));
    if (this.#bufferBytes > 0) this.#buffer.set(old.subarray(0, this.#bufferBytes));
    if (old.length > 0) buffers.give(old);
    return this.#buffer;
  }
}
