import { decodeUtf8 } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import type { Cutter } from "./message_reader.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, OPEN = 0x7b, CLOSE = 0x7d;
const SPACES = [0x20, 0x09, 0x0a, 0x0d];

/**
 * Returns a cutter for JSON objects that follow each other without framing; the object's text is the message. It
 * remembers how far it has looked, so that an object in many pieces costs no more than one in a piece: use it for
 * one connection, and nothing else in the middle of an object. It throws `message-too-large` for objects of more than
 * `maxBytes`.
 */
export function jsonCutter(maxBytes: number): Cutter<string> {
  let at = 0, depth = 0, inString = false;

  /** Looks on from where it has stopped; the end of the object, or undefined. */
  const findEnd = (bytes: Uint8Array): number | undefined => {
    while (at < bytes.length) {
      const byte = bytes[at];
      if (inString) {
        at = endOfString(bytes, at);
        if (at >= bytes.length) return undefined;
        inString = false;
      } else if (depth === 0 && byte !== OPEN && !SPACES.includes(byte!)) {
        throw new DecodeError("json-malformed", "what the peer sends is no JSON object");
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN) depth++;
      else if (byte === CLOSE) depth--;
      at++;
      if (byte === CLOSE && depth === 0) return at;
    }
    return undefined;
  };

  return (bytes) => {
    const size = findEnd(bytes);
    if ((size ?? bytes.length) > maxBytes) {
      throw new DecodeError("message-too-large", `a message is larger than ${maxBytes} bytes`);
    }
    if (size === undefined) return undefined;
    at = 0;
    return { message: decodeUtf8(bytes.subarray(0, size)), size };
  };
}

/**
 * Returns where the string closes, or from where to look on: behind an escape that is cut off, too. Most strings have
 * no escape, and the search for either byte is native.
 */
function endOfString(bytes: Uint8Array, from: number): number {
  const quote = bytes.indexOf(QUOTE, from);
  const end = quote < 0 ? bytes.length : quote;
  let at = bytes.subarray(from, end).indexOf(BACKSLASH);
  if (at < 0) return end;
  at += from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
