import { DecodeError } from "../errors/mod.ts";
import { Reader } from "./reader.ts";
import { decodeUtf8 } from "./utf8.ts";

/** Major types (RFC 8949 §3.1). */
const NEGATIVE = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6, SIMPLE = 7;

/** The library reads larger negative integers wrongly, and nothing of ours needs them. */
export const MAX_NEGATIVE = 2 ** 31;

/**
 * Checks that `bytes` hold exactly one CBOR item (RFC 8949) of parley's profile: definite lengths,
 * shortest lengths and integers, no tags, text in valid UTF-8, maps with distinct text keys, no
 * `__proto__` key, simple values false, true and null, floats of 64 bits that are finite and not whole.
 *
 * @throws {DecodeError} `cbor-malformed` with the offset; `utf8-malformed`
 */
export function checkCborProfile(bytes: Uint8Array, maxDepth: number, maxItems: number): void {
  const reader = new Reader(bytes);
  let items = 0;

  const item = (depth: number): void => {
    if (++items > maxItems) throw malformed(`more than ${maxItems} items`, reader.offset);
    if (depth > maxDepth) throw malformed(`nested deeper than ${maxDepth}`, reader.offset);
    const initial = reader.u8("CBOR");
    const major = initial >> 5;
    if (major === SIMPLE) return simple(initial & 31);
    if (major === TAG) throw malformed("tags are not used", reader.offset);
    const argument = length(initial & 31);
    if (major === BYTES) reader.bytes(argument, "CBOR byte string");
    else if (major === TEXT) assertUtf8(reader.bytes(argument, "CBOR text"));
    else if (major === ARRAY) { for (let i = bounded(argument); i > 0; i--) item(depth + 1); }
    else if (major === MAP) map(bounded(argument), depth);
    else if (argument > (major === NEGATIVE ? MAX_NEGATIVE - 1 : Number.MAX_SAFE_INTEGER)) {
      throw malformed("an integer is out of range", reader.offset);
    }
  };

  const map = (pairs: number, depth: number): void => {
    const seen = new Set<string>();
    for (let i = 0; i < pairs; i++) {
      items++;
      const initial = reader.u8("CBOR map key");
      if (initial >> 5 !== TEXT) throw malformed("a map key is not text", reader.offset);
      const size = length(initial & 31);
      if (size > 64) throw malformed("a map key is longer than 64 bytes", reader.offset);
      const key = decodeUtf8(reader.bytes(size, "CBOR map key"));
      if (key === "__proto__" || seen.has(key)) throw malformed("a map key is not allowed", reader.offset);
      seen.add(key);
      item(depth + 1);
    }
  };

  const simple = (info: number): void => {
    if (info === 27) float(reader.f64("CBOR float"));
    else if (info < 20 || info > 22) throw malformed("unknown simple value", reader.offset);
  };

  const float = (value: number): void => {
    if (!Number.isFinite(value) || Number.isInteger(value)) {
      throw malformed("a float is whole or not finite", reader.offset);
    }
  };

  /** A container cannot hold more elements than bytes are left. */
  const bounded = (count: number): number => {
    if (count > reader.remaining) throw malformed("a container is longer than the input", reader.offset);
    return count;
  };

  const length = (info: number): number => {
    if (info < 24) return info;
    const at = reader.offset;
    const [value, minimum] = info === 24
      ? [reader.u8("CBOR"), 24]
      : info === 25
      ? [reader.u16("CBOR"), 0x100]
      : info === 26
      ? [reader.u32("CBOR"), 0x1_0000]
      : info === 27
      ? [Number(reader.u64("CBOR")), 0x1_0000_0000]
      : [-1, 0];
    if (value < minimum) throw malformed("a length or integer is not in its shortest form", at);
    return value;
  };

  item(0);
  reader.end("CBOR");
}

/** Most text is ASCII, for which no decoder need be called. */
function assertUtf8(bytes: Uint8Array): void {
  if (bytes.length > 256 || bytes.some((byte) => byte > 0x7f)) decodeUtf8(bytes);
}

function malformed(reason: string, offset: number): DecodeError {
  return new DecodeError("cbor-malformed", `cannot decode CBOR: ${reason}`, { offset });
}
