import type { TLSSocket } from "node:tls";
import { encodeFrame, encodeFrameInto, type Frame, frameBytes } from "../wire/mod.ts";

/** Where an outbox counts as full, and as drained again, in bytes. */
export interface OutboxMarks {
  /** Above this many queued bytes the outbox is full. */
  highWaterBytes: number;
  /** At this many or fewer it is drained. */
  lowWaterBytes: number;
}

/** A write is not larger, so that a slow peer shows signs of progress. */
const MAX_WRITE_BYTES = 128 * 1024;
const MIN_BUFFER_BYTES = 512;
const EMPTY = new Uint8Array();

/**
 * Collects frames and writes them to a socket: one write for all that one task of the event loop gives, and
 * none while the last one has not left, so that many small frames cost one record and one system call.
 */
export class FrameOutbox {
  readonly #socket: TLSSocket;
  readonly #marks: OutboxMarks;
  readonly #onProgress: (drained: boolean) => void;
  /** Writes that are complete, before what is in the buffer. */
  #writes: Uint8Array[] = [];
  /** Frames one after the other, for the next write. */
  #buffer: Uint8Array = EMPTY;
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
    if (this.#bufferBytes + size > MAX_WRITE_BYTES) this.#sealBuffer();
    if (size > MAX_WRITE_BYTES) this.#cut(encodeFrame(frame));
    else {
      this.#reserve(size);
      this.#bufferBytes = encodeFrameInto(this.#buffer, this.#bufferBytes, frame);
    }
    this.#waitingBytes += size;
    if (this.queuedBytes > this.#marks.highWaterBytes) this.#wasFull = true;
    this.#schedule();
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
    const bytes = this.#writes.shift();
    if (bytes === undefined) return;
    const size = bytes.length;
    this.#waitingBytes -= size;
    if (!this.#socket.writable) return;
    this.#writingBytes += size;
    this.#socket.write(bytes, () => this.#onWritten(size));
  }

  #onWritten(size: number): void {
    this.#writingBytes -= size;
    const waited = this.#waitingBytes > 0;
    if (waited && this.#writingBytes === 0) this.#write();
    const drained = this.#wasFull && this.queuedBytes <= this.#marks.lowWaterBytes;
    if (drained) this.#wasFull = false;
    if (waited || drained) this.#onProgress(drained);
  }

  #cut(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += MAX_WRITE_BYTES) {
      this.#writes.push(bytes.subarray(at, at + MAX_WRITE_BYTES));
    }
  }

  #sealBuffer(): void {
    if (this.#bufferBytes > 0) this.#writes.push(this.#buffer.subarray(0, this.#bufferBytes));
    this.#buffer = EMPTY;
    this.#bufferBytes = 0;
  }

  #reserve(size: number): void {
    const needed = this.#bufferBytes + size;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length, MIN_BUFFER_BYTES));
    grown.set(this.#buffer.subarray(0, this.#bufferBytes));
    this.#buffer = grown;
  }
}
