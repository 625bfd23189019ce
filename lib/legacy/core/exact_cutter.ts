import type { Cutter } from "./message_reader.ts";

/** Returns a cutter for data of a length that is known beforehand. */
export function exactCutter(size: number): Cutter<Uint8Array<ArrayBuffer>> {
  return (bytes) => bytes.length < size ? undefined : { message: bytes.slice(0, size), size };
}
