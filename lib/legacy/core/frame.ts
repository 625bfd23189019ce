import { concatBytes } from "../../bytes/mod.ts";
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
  const length = body.reduce((sum, part) => sum + part.length, 0);
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, length);
  return concatBytes(header, ...body);
}

/** Returns a cutter for frames whose body has at most `maxBodyBytes`; it throws `frame-too-large` for others. */
export function frameCutter(maxBodyBytes: number): Cutter<Uint8Array<ArrayBuffer>> {
  return (bytes) => {
    if (bytes.length < HEADER_BYTES) return undefined;
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    if (length > maxBodyBytes) {
      throw new DecodeError(
        "frame-too-large",
        `a frame of ${length} bytes, at most ${maxBodyBytes} are taken`,
      );
    }
    const size = HEADER_BYTES + length;
    if (bytes.length < size) return undefined;
    return { message: new Uint8Array(bytes.subarray(HEADER_BYTES, size)), size };
  };
}
