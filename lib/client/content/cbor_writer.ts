import { encodeUtf8, Writer } from "../../bytes/mod.ts";
import { InternalError } from "../../errors/mod.ts";
import { ARRAY, BYTES, MAP, NEGATIVE, SIMPLE, TEXT, UINT } from "./cbor_reader.ts";

const FALSE = 20, TRUE = 21, NULL = 22;

/**
 * Writes CBOR in deterministic encoding (RFC 8949 §4.2.1), within the bounds that {@link CborReader} reads:
 * a value outside of them is a bug here and throws {@link InternalError}.
 */
export class CborWriter {
  readonly #writer = new Writer();

  /** Writes an unsigned integer up to `max`. */
  uint(value: number, field: string, max: number): this {
    if (!Number.isSafeInteger(value) || value < 0 || value > max) throw outOfBounds(field);
    return this.#head(UINT, value);
  }

  /** Writes an integer of either sign. */
  int(value: number, field: string): this {
    if (!Number.isSafeInteger(value)) throw outOfBounds(field);
    return value < 0 ? this.#head(NEGATIVE, -1 - value) : this.#head(UINT, value);
  }

  /** Writes false or true. */
  boolean(value: boolean): this {
    return this.#head(SIMPLE, value ? TRUE : FALSE);
  }

  /** Writes null. */
  null(): this {
    return this.#head(SIMPLE, NULL);
  }

  /** Writes a byte string of at most `max` bytes. */
  bytes(value: Uint8Array, field: string, max: number): this {
    if (value.length > max) throw outOfBounds(field);
    this.#head(BYTES, value.length);
    return this.raw(value);
  }

  /** Writes text of at most `maxBytes` in UTF-8. */
  text(value: string, field: string, maxBytes: number): this {
    const bytes = encodeUtf8(value);
    if (bytes.length > maxBytes || !value.isWellFormed()) throw outOfBounds(field);
    this.#head(TEXT, bytes.length);
    return this.raw(bytes);
  }

  /** Writes the beginning of an array. */
  array(length: number): this {
    return this.#head(ARRAY, length);
  }

  /** Writes the beginning of a map. */
  map(pairs: number): this {
    return this.#head(MAP, pairs);
  }

  /** Writes what is encoded already. */
  raw(bytes: Uint8Array): this {
    this.#writer.bytes(bytes);
    return this;
  }

  /** Returns what was written; the writer must not be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#writer.finish();
  }

  #head(major: number, argument: number): this {
    const initial = major << 5;
    if (argument < 24) this.#writer.u8(initial | argument);
    else if (argument < 0x100) this.#writer.u8(initial | 24).u8(argument);
    else if (argument < 0x1_0000) this.#writer.u8(initial | 25).u16(argument);
    else if (argument < 0x1_0000_0000) this.#writer.u8(initial | 26).u32(argument);
    else this.#writer.u8(initial | 27).u64(BigInt(argument));
    return this;
  }
}

/** A bug: whoever composes a message keeps to the bounds. */
export function outOfBounds(field: string): InternalError {
  return new InternalError(`cannot encode message content: ${field} is out of bounds`);
}
