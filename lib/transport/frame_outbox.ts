import type { TLSSocket } from "node:tls";
import { concatBytes } from "../bytes/mod.ts";
import { encodeFrame, type Frame } from "../wire/mod.ts";

/** Where an outbox counts as full, and as drained again, in bytes. */
export interface OutboxMarks {
  /** Above this many queued bytes the outbox is full. */
  highWaterBytes: number;
  /** At this many or fewer it is drained. */
  lowWaterBytes: number;
}

/** A write is not larger, so that a slow peer shows signs of progress. */
const MAX_WRITE_BYTES = 128 * 1024;

/**
 * Collects frames and writes them to a socket: one write per turn of the event loop, and none while the last
 * one has not left, so that many small frames cost one record and one system call.
 */
export class FrameOutbox {
  readonly #socket: TLSSocket;
  readonly #marks: OutboxMarks;
  readonly #onProgress: (drained: boolean) => void;
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
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
    return this.#pieceBytes + this.#writingBytes;
  }

  /** Whether more was queued than the peer takes in, and has not drained yet. */
  get full(): boolean {
    return this.#wasFull;
  }

  /** Queues a frame. */
  send(frame: Frame): void {
    const bytes = encodeFrame(frame);
    for (let at = 0; at < bytes.length; at += MAX_WRITE_BYTES) {
      this.#pieces.push(bytes.subarray(at, at + MAX_WRITE_BYTES));
    }
    this.#pieceBytes += bytes.length;
    if (this.queuedBytes > this.#marks.highWaterBytes) this.#wasFull = true;
    this.#schedule();
  }

  /** Hands over to the socket all that is queued and ends the stream after it. */
  end(): void {
    while (this.#pieces.length > 0) this.#write();
    this.#socket.end();
  }

  /** Drops what is queued; for a socket that is gone. */
  clear(): void {
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#wasFull = false;
  }

  #schedule(): void {
    if (this.#scheduled || this.#writingBytes > 0) return;
    this.#scheduled = true;
    // Answers of one turn are settled by promises, so a microtask would come too early to collect them all.
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#writingBytes === 0) this.#write();
    });
  }

  #write(): void {
    let count = 0, size = 0;
    while (count < this.#pieces.length && size < MAX_WRITE_BYTES) size += this.#pieces[count++]!.length;
    const pieces = this.#pieces.splice(0, count);
    this.#pieceBytes -= size;
    if (size === 0 || !this.#socket.writable) return;
    this.#writingBytes += size;
    this.#socket.write(
      pieces.length === 1 ? pieces[0]! : concatBytes(...pieces),
      () => this.#onWritten(size),
    );
  }

  #onWritten(size: number): void {
    this.#writingBytes -= size;
    const waited = this.#pieces.length > 0;
    if (waited && this.#writingBytes === 0) this.#write();
    const drained = this.#wasFull && this.queuedBytes <= this.#marks.lowWaterBytes;
    if (drained) this.#wasFull = false;
    if (waited || drained) this.#onProgress(drained);
  }
}
