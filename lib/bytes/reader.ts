import { DecodeError } from "../errors/mod.ts";

/**
 * Reads big-endian integers and byte strings from a bounded region. Every read names the field it
 * reads, so that an error tells what was wrong and where. Byte strings are views, not copies.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  /** Offset of this region in the outermost input, for error messages. */
  readonly #base: number;
  #offset = 0;

  /** Creates a reader over all of `bytes`. */
  constructor(bytes: Uint8Array, base = 0) {
    this.#bytes = bytes;
    this.#base = base;
  }

  /** Number of bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Offset of the next byte in the outermost input. */
  get offset(): number {
    return this.#base + this.#offset;
  }

  /** Reads an unsigned 8-bit integer. */
  u8(field: string): number {
    return this.#bytes[this.#take(1, field)]!;
  }

  /** Reads an unsigned 16-bit integer. */
  u16(field: string): number {
    const at = this.#take(2, field);
    return this.#bytes[at]! << 8 | this.#bytes[at + 1]!;
  }

  /** Reads an unsigned 32-bit integer. */
  u32(field: string): number {
    return this.#uint32(this.#take(4, field));
  }

  /** Reads an unsigned 64-bit integer. */
  u64(field: string): bigint {
    const at = this.#take(8, field);
    return BigInt(this.#uint32(at)) << 32n | BigInt(this.#uint32(at + 4));
  }

  /** Reads a float of 64 bits (IEEE 754). */
  f64(field: string): number {
    const at = this.#take(8, field);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8).getFloat64(0);
  }

  /** Reads `length` bytes as a view. */
  bytes(length: number, field: string): Uint8Array {
    const start = this.#take(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /**
   * Reads a variable-size vector length (RFC 9420 §2.1.2): one, two or four bytes whose first two
   * bits give the size; must be minimal.
   *
   * @throws {DecodeError} `length-malformed` for a reserved prefix or a length that is not minimal
   */
  varint(field: string): number {
    const start = this.offset;
    const first = this.u8(field);
    const prefix = first >> 6;
    if (prefix === 0) return first;
    if (prefix === 3) throw malformedLength(field, start);
    let value = first & 0x3f;
    for (let i = (1 << prefix) - 1; i > 0; i--) value = value * 256 + this.u8(field);
    if (value < (prefix === 1 ? 64 : 16_384)) throw malformedLength(field, start);
    return value;
  }

  /**
   * Asserts that everything was read.
   *
   * @throws {DecodeError} `trailing-bytes`
   */
  end(field: string): void {
    if (this.remaining === 0) return;
    throw new DecodeError("trailing-bytes", `cannot decode ${field}: ${this.remaining} bytes left over`, {
      offset: this.offset,
      field,
    });
  }

  #uint32(at: number): number {
    const bytes = this.#bytes;
    return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
  }

  #take(length: number, field: string): number {
    if (length > this.remaining) {
      throw new DecodeError(
        "truncated",
        `cannot decode ${field}: expected ${length} bytes, got ${this.remaining}`,
        { offset: this.offset, field },
      );
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

function malformedLength(field: string, offset: number): DecodeError {
  return new DecodeError("length-malformed", `cannot decode ${field}: malformed length`, { offset, field });
}
