import { DecodeError } from "../errors/mod.ts";

/** Encodes bytes as base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** Encodes bytes as base64url without padding (RFC 4648 §5). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Decodes base64 with padding (RFC 4648 §4). White space is ignored, as PEM needs it.
 *
 * @throws {DecodeError} `base64-malformed`
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch (cause) {
    throw new DecodeError("base64-malformed", "cannot decode base64", { cause });
  }
}

/**
 * Decodes base64url without padding (RFC 4648 §5).
 *
 * @throws {DecodeError} `base64-malformed`
 */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new DecodeError("base64-malformed", "cannot decode base64url");
  }
  try {
    const padded = text + "=".repeat((4 - text.length % 4) % 4);
    return Uint8Array.fromBase64(padded, { alphabet: "base64url", lastChunkHandling: "strict" });
  } catch (cause) {
    throw new DecodeError("base64-malformed", "cannot decode base64url", { cause });
  }
}
