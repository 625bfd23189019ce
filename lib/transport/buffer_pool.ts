/** The smallest buffers, and how often they double to the largest. */
const MIN_BYTES = 1_024, CLASSES = 8;
/** Bytes of the buffers that wait to be used again, for each size. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;

/**
 * Buffers that are used again and again, by the power of two of their size. To allocate one takes longer in
 * this runtime than to write a frame: a microsecond for a small one, ten for one of 20 KB.
 */
export class BufferPool {
  readonly #waiting: Uint8Array<ArrayBuffer>[][] = Array.from({ length: CLASSES }, () => []);

  /** Gives a buffer of at least so many bytes, with anything in it. */
  take(minBytes: number): Uint8Array<ArrayBuffer> {
    const index = classOf(minBytes);
    return this.#waiting[index]?.pop() ?? new Uint8Array(Math.max(minBytes, MIN_BYTES << index));
  }

  /** Takes back a buffer that nobody uses any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    const index = classOf(buffer.length);
    const waiting = this.#waiting[index];
    if (waiting === undefined || buffer.length !== MIN_BYTES << index) return;
    if ((waiting.length + 1) * buffer.length <= MAX_WAITING_BYTES) waiting.push(buffer);
  }
}

function classOf(bytes: number): number {
  return bytes <= MIN_BYTES ? 0 : 32 - Math.clz32((bytes - 1) >>> 10);
}
