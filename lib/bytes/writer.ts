/** Writes big-endian integers and byte strings into a buffer that grows. The mirror of `Reader`. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** Creates an empty writer with room for `capacity` bytes. */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Number of bytes written. */
  get length(): number {
    return this.#length;
  }

  /** Writes an unsigned 8-bit integer. */
  u8(value: number): this {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
    return this;
  }

  /** Writes an unsigned 16-bit integer. */
  u16(value: number): this {
    const at = this.#reserve(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
    return this;
  }

  /** Writes an unsigned 32-bit integer. */
  u32(value: number): this {
    // Single bytes: a DataView would cost more to make than most writers have to write.
    const at = this.#reserve(4);
    this.#bytes[at] = value >>> 24;
    this.#bytes[at + 1] = value >>> 16;
    this.#bytes[at + 2] = value >>> 8;
    this.#bytes[at + 3] = value;
    return this;
  }

  /** Writes an unsigned 64-bit integer. */
  u64(value: bigint): this {
    return this.u32(Number(value >> 32n & 0xffff_ffffn)).u32(Number(value & 0xffff_ffffn));
  }

  /** Writes bytes as they are. */
  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Writes a variable-size vector length in its minimal form (RFC 9420 §2.1.2). */
  varint(value: number): this {
    if (value < 64) return this.u8(value);
    if (value < 16_384) return this.u16(0x4000 | value);
    return this.u32((0x8000_0000 | value) >>> 0);
  }

  /** Returns what was written as a view; the writer must not be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes room; call it before looking at `#bytes`, which it may replace. */
  #reserve(count: number): number {
    const start = this.#length;
    const end = start + count;
    if (end > this.#bytes.length) this.#grow(end);
    this.#length = end;
    return start;
  }

  #grow(end: number): void {
    const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
