import { DecodeError } from "../../errors/mod.ts";
import type { Cutter } from "./message_reader.ts";

const HEADER_BYTES = 4;

/**
 * Encodes a frame.
 *
 * ```text
 * length of the body (4, big-endian) | body
 * ```
 */
export function encodeFrame(...body: Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of body) length += part.length;
  const frame = new Uint8Array(HEADER_BYTES + length);
  // No DataView: it would move what is short out of the heap of JavaScript, which costs more than the rest.
  for (let i = 0; i < HEADER_BYTES; i++) frame[i] = length >>> 8 * (HEADER_BYTES - 1 - i);
  let at = HEADER_BYTES;
  for (const part of body) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

/** Returns a cutter for frames whose body has at most `maxBodyBytes`; it throws `frame-too-large` for others. */
export function frameCutter(maxBodyBytes: number): Cutter<Uint8Array<ArrayBuffer>> {
  return frameCutterWith(maxBodyBytes, (body) => body.slice());
}

/**
 * Does what {@link frameCutter} does where the body is decoded at once, so that it need not be copied: what `decode`
 * returns must not keep a view of it. The cutter throws what `decode` throws.
 */
export function frameCutterWith<M>(maxBodyBytes: number, decode: (body: Uint8Array) => M): Cutter<M> {
  return (bytes) => {
    if (bytes.length < HEADER_BYTES) return undefined;
    const length = (bytes[0]! << 24 | bytes[1]! << 16 | bytes[2]! << 8 | bytes[3]!) >>> 0;
    if (length > maxBodyBytes) {
      throw new DecodeError(
        "frame-too-large",
        `a frame of ${length} bytes, at most ${maxBodyBytes} are taken`,
      );
    }
    const size = HEADER_BYTES + length;
    if (bytes.length < size) return undefined;
    return { message: decode(bytes.subarray(HEADER_BYTES, size)), size };
  };
}
