import { DecodeError } from "../errors/mod.ts";

/** Encodes bytes as lower-case hexadecimal. */
export function encodeHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/**
 * Decodes hexadecimal of either case.
 *
 * @throws {DecodeError} `hex-malformed`
 */
export function decodeHex(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromHex(text);
  } catch (cause) {
    throw new DecodeError("hex-malformed", "cannot decode hexadecimal", { cause });
  }
}
