import { inflateSync } from "node:zlib";
import { DecodeError } from "../../errors/mod.ts";

/**
 * Decompresses zlib (RFC 1950) to at most `maxBytes`.
 *
 * @throws {DecodeError} `envelope-malformed` where it is no zlib, or becomes larger
 */
export function inflate(compressed: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(inflateSync(compressed, { maxOutputLength: maxBytes }));
  } catch (cause) {
    throw new DecodeError("envelope-malformed", "cannot decompress a message", { cause });
  }
}
