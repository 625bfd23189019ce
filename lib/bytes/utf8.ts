import { DecodeError } from "../errors/mod.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Bytes up to which it is quicker to look at each. */
const SHORT = 64;

/** Encodes text as UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/**
 * Decodes UTF-8 strictly.
 *
 * @throws {DecodeError} `utf8-malformed`
 */
export function decodeUtf8(bytes: Uint8Array): string {
  // A call of the decoder costs more than short names do, and nearly all of them are ASCII.
  if (bytes.length <= SHORT && isAscii(bytes)) {
    return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
  }
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new DecodeError("utf8-malformed", "cannot decode UTF-8", { cause });
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 0x7f) return false;
  return true;
}
