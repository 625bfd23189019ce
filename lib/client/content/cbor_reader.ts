import { decodeUtf8, Reader } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";

/** Major types (RFC 8949 §3.1). */
export const UINT = 0, NEGATIVE = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6, SIMPLE = 7;

const FALSE = 20, TRUE = 21, NULL = 22, UNDEFINED = 23;
const HALF = 25, SINGLE = 26, DOUBLE = 27;

/** What one item begins with: for a simple value `argument` says which one. */
interface Head {
  major: number;
  argument: number;
}

/**
 * Reads CBOR in deterministic encoding (RFC 8949 §4.2.1) one item after the other, where the reader knows
 * what comes next. What lies outside parley's own profile is read as well: tags, integer keys, floats.
 *
 * Every method throws {@link DecodeError} `content-malformed`, `truncated` or `utf8-malformed`.
 */
export class CborReader {
  readonly #bytes: Uint8Array;
  readonly #reader: Reader;

  /** Creates a reader over all of `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new Reader(bytes);
  }

  /** Reads an unsigned integer up to `max`. */
  uint(field: string, max: number): number {
    const value = this.#expect(UINT, field);
    if (value > max) throw this.malformed(field);
    return value;
  }

  /** Reads false or true. */
  boolean(field: string): boolean {
    const value = this.#expect(SIMPLE, field);
    if (value !== FALSE && value !== TRUE) throw this.malformed(field);
    return value === TRUE;
  }

  /** Reads a byte string of at most `max` bytes, as a view. */
  bytes(field: string, max: number): Uint8Array {
    return this.#bounded(this.#expect(BYTES, field), field, max);
  }

  /** Reads a byte string of exactly `size` bytes, as a view; or null. */
  nullOrBytes(field: string, size: number): Uint8Array | null {
    const { major, argument } = this.#head(field);
    if (major === SIMPLE && argument === NULL) return null;
    if (major !== BYTES || argument !== size) throw this.malformed(field);
    return this.#reader.bytes(size, field);
  }

  /** Reads text of at most `maxBytes` in UTF-8. */
  text(field: string, maxBytes: number): string {
    return decodeUtf8(this.#bounded(this.#expect(TEXT, field), field, maxBytes));
  }

  /** Reads the beginning of an array and returns how many items follow; `length` says how many must. */
  array(field: string, length?: number): number {
    return this.#count(this.#expect(ARRAY, field), field, length);
  }

  /** Reads the beginning of an array of `length` items, or null; tells whether it was an array. */
  nullOrArray(field: string, length: number): boolean {
    const { major, argument } = this.#head(field);
    if (major === SIMPLE && argument === NULL) return false;
    if (major !== ARRAY) throw this.malformed(field);
    return this.#count(argument, field, length) > 0;
  }

  /** Reads a map; `readPair` reads each key and value. The keys must ascend as their encodings do. */
  map(field: string, readKey: () => void, readValue: () => void): void {
    this.#pairs(this.#expect(MAP, field), field, readKey, readValue);
  }

  /** Reads a key of a map: an integer of at most 53 bits, or text of 1 to 255 bytes. */
  key(field: string): number | string {
    const { major, argument } = this.#head(field);
    if (major === TEXT && argument > 0) return decodeUtf8(this.#bounded(argument, field, 255));
    const limit = Number.MAX_SAFE_INTEGER;
    if (major === UINT && argument <= limit) return argument;
    if (major === NEGATIVE && argument < limit) return -1 - argument;
    throw this.malformed(field);
  }

  /** Reads any item of at most `depth` levels of arrays, maps and tags, and returns its bytes as a view. */
  item(field: string, depth: number): Uint8Array {
    const start = this.#reader.offset;
    this.#skip(field, depth);
    return this.#bytes.subarray(start, this.#reader.offset);
  }

  /** Asserts that everything was read. */
  end(field: string): void {
    if (this.#reader.remaining > 0) throw this.malformed(field);
  }

  /** An error about a field at the present place. */
  malformed(field: string): DecodeError {
    return new DecodeError("content-malformed", `cannot decode message content: ${field}`, {
      offset: this.#reader.offset,
      field,
    });
  }

  #skip(field: string, depth: number): void {
    const { major, argument } = this.#head(field);
    if (major <= NEGATIVE) return;
    if (major === BYTES) return void this.#reader.bytes(argument, field);
    if (major === TEXT) return void decodeUtf8(this.#reader.bytes(argument, field));
    if (major === SIMPLE) return this.#skipSimple(argument, field);
    if (depth === 0) throw this.malformed(field);
    if (major === TAG) return this.#skip(field, depth - 1);
    if (major === MAP) {
      return this.#pairs(argument, field, () => this.#skipKey(field), () => this.#skip(field, depth - 1));
    }
    for (let left = this.#count(argument, field); left > 0; left--) this.#skip(field, depth - 1);
  }

  /** Keys inside an extension (draft §6.2). */
  #skipKey(field: string): void {
    const { major, argument } = this.#head(field);
    if (major === TEXT) decodeUtf8(this.#reader.bytes(argument, field));
    else if (major === BYTES) this.#reader.bytes(argument, field);
    else if (major > NEGATIVE || argument > Number.MAX_SAFE_INTEGER) throw this.malformed(field);
  }

  /** The only NaN is the one of 16 bits (draft §6.2). */
  #skipSimple(info: number, field: string): void {
    if (info >= FALSE && info <= UNDEFINED) return;
    if (info === HALF) {
      const bits = this.#reader.u16(field);
      if ((bits & 0x7fff) <= 0x7c00 || bits === 0x7e00) return;
    } else if (info === SINGLE) {
      if ((this.#reader.u32(field) & 0x7fff_ffff) <= 0x7f80_0000) return;
    } else if (info === DOUBLE && !Number.isNaN(this.#reader.f64(field))) return;
    throw this.malformed(field);
  }

  #pairs(count: number, field: string, readKey: () => void, readValue: () => void): void {
    let last: Uint8Array | undefined;
    for (let left = this.#count(count, field); left > 0; left--) {
      const start = this.#reader.offset;
      readKey();
      const key = this.#bytes.subarray(start, this.#reader.offset);
      if (last !== undefined && compareBytes(last, key) >= 0) throw this.malformed(field);
      last = key;
      readValue();
    }
  }

  #expect(major: number, field: string): number {
    const head = this.#head(field);
    if (head.major !== major) throw this.malformed(field);
    return head.argument;
  }

  #bounded(length: number, field: string, max: number): Uint8Array {
    if (length > max) throw this.malformed(field);
    return this.#reader.bytes(length, field);
  }

  /** A container cannot hold more items than bytes are left. */
  #count(count: number, field: string, expected = count): number {
    if (count > this.#reader.remaining || count !== expected) throw this.malformed(field);
    return count;
  }

  #head(field: string): Head {
    const initial = this.#reader.u8(field);
    const major = initial >> 5, info = initial & 31;
    return { major, argument: major === SIMPLE ? info : this.#argument(info, field) };
  }

  /** An argument of 64 bits may lose its last digits here: none that large is taken as a number. */
  #argument(info: number, field: string): number {
    if (info < 24) return info;
    const [value, minimum] = info === 24
      ? [this.#reader.u8(field), 24]
      : info === 25
      ? [this.#reader.u16(field), 0x100]
      : info === 26
      ? [this.#reader.u32(field), 0x1_0000]
      : info === 27
      ? [Number(this.#reader.u64(field)), 0x1_0000_0000]
      : [-1, 0];
    if (value < minimum) throw this.malformed(field);
    return value;
  }
}

/** Compares byte by byte; of two where one begins with the other, the shorter stands first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
