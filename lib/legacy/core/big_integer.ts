import { InternalError } from "../../errors/mod.ts";

/** Reads an unsigned big-endian integer. */
export function decodeBigInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toHex()}`);
}

/** Writes an unsigned integer big-endian, with zeros in front up to `length` bytes; the shortest without it. */
export function encodeBigInteger(value: bigint, length?: number): Uint8Array<ArrayBuffer> {
  const digits = value.toString(16);
  const bytes = length ?? Math.ceil(digits.length / 2);
  if (value < 0n || digits.length > 2 * bytes) throw new InternalError(`an integer exceeds ${bytes} bytes`);
  return Uint8Array.fromHex(digits.padStart(2 * bytes, "0"));
}
