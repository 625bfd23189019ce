import { DecodeError } from "../../errors/mod.ts";
import type { Cutter } from "./message_reader.ts";

/** Length in bytes of what is in front of a frame's body. */
export const FRAME_HEADER_BYTES = 4;

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
  const frame = allocateFrame(length);
  let at = FRAME_HEADER_BYTES;
  for (const part of body) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

/** Makes a frame whose body, after the header of {@link FRAME_HEADER_BYTES}, is zeros to be filled in. */
export function allocateFrame(bodyBytes: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + bodyBytes);
  new DataView(frame.buffer).setUint32(0, bodyBytes);
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
    if (bytes.length < FRAME_HEADER_BYTES) return undefined;
    const length = (bytes[0]! << 24 | bytes[1]! << 16 | bytes[2]! << 8 | bytes[3]!) >>> 0;
    if (length > maxBodyBytes) {
      throw new DecodeError(
        "frame-too-large",
        `a frame of ${length} bytes, at most ${maxBodyBytes} are taken`,
      );
    }
    const size = FRAME_HEADER_BYTES + length;
    if (bytes.length < size) return undefined;
    return { message: decode(bytes.subarray(FRAME_HEADER_BYTES, size)), size };
  };
}
