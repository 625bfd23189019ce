import { concatBytes, decodeUtf8, encodeUtf8, equalBytes } from "../../bytes/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import { type Cut, type Cutter, DES_BYTES, isHexDigits } from "../core/mod.ts";
import type { Received } from "./session.ts";
import { decodeText, MAC_BYTES, type Suite } from "./suite.ts";

/** What the server says when both have the keys, and how long the encrypted session id after it is. */
const VERIFICATION = encodeUtf8('{"opcode": 10, "status": "Keys established"}');
const SESSION_ID_BYTES = 64;
/** What the published programs read at a time. */
const MAX_MESSAGE_BYTES = 1024;
const COLON = 0x3a;
const SEPARATOR = Uint8Array.of(COLON, COLON);

/**
 * Encodes the confirmation that follows the server's key.
 *
 * ```text
 * {"opcode": 10, "status": "Keys established"} (44) | DES-ECB(key1, session id) (64)
 * ```
 */
export function encodeConfirmation(suite: Suite): [Uint8Array, Uint8Array] {
  return [VERIFICATION, suite.sealSessionId()];
}

/** Cuts the confirmation and returns the encrypted session id. */
export const cutConfirmation: Cutter<Uint8Array> = (bytes) => {
  const seen = Math.min(bytes.length, VERIFICATION.length);
  if (!equalBytes(bytes.subarray(0, seen), VERIFICATION.subarray(0, seen))) {
    throw new ProtocolError("keys-not-established", "the server does not confirm the keys");
  }
  const size = VERIFICATION.length + SESSION_ID_BYTES;
  return bytes.length < size ? undefined : { message: bytes.slice(VERIFICATION.length, size), size };
};

/**
 * Encodes a request.
 *
 * ```text
 * E (8 k) | "::" | session id (64 hex) | "::" | HMAC(key2, all before the last "::") (32)
 * ```
 */
export function encodeRequest(suite: Suite, text: string): Uint8Array {
  const signed = concatBytes(suite.encrypt(encodeUtf8(text)), SEPARATOR, encodeUtf8(suite.sessionId));
  return concatBytes(signed, SEPARATOR, suite.mac.sign(signed));
}

/**
 * Returns the cutter for requests, which opens them. E and the HMAC may hold "::" by chance; 64 hexadecimal digits
 * between two of them they do not.
 */
export function requestCutter(suite: Suite): Cutter<Received> {
  return (bytes) => {
    for (let at = bytes.indexOf(COLON); at >= 0; at = bytes.indexOf(COLON, at + 1)) {
      const end = at + 2 + SESSION_ID_BYTES, size = end + 2 + MAC_BYTES;
      if (end + 2 > bytes.length) break;
      if (!isSeparator(bytes, at) || !isSeparator(bytes, end) || !isHexDigits(bytes.subarray(at + 2, end))) {
        continue;
      }
      if (bytes.length < size) break;
      return { message: openRequest(suite, bytes.subarray(0, size), at), size };
    }
    if (bytes.length < MAX_MESSAGE_BYTES) return undefined;
    throw new ProtocolError("request-malformed", "what the client sends is no request");
  };
}

function openRequest(suite: Suite, bytes: Uint8Array, sealedBytes: number): Received {
  const signedBytes = sealedBytes + 2 + SESSION_ID_BYTES;
  if (decodeUtf8(bytes.subarray(sealedBytes + 2, signedBytes)) !== suite.sessionId) {
    return { type: "refused", reason: "the session id is wrong" };
  }
  if (!suite.mac.verify(bytes.subarray(0, signedBytes), bytes.subarray(signedBytes + 2))) {
    return { type: "discarded", reason: "its HMAC is wrong" };
  }
  if (sealedBytes === 0 || sealedBytes % DES_BYTES !== 0) {
    return { type: "discarded", reason: "it is malformed" };
  }
  return { type: "text", text: decodeText(suite.decrypt(bytes.subarray(0, sealedBytes))) };
}

/**
 * Encodes the answer to `sum`.
 *
 * ```text
 * E (8 k) | "::" | HMAC(key2, E) (32)
 * ```
 */
export function encodeReply(suite: Suite, text: string): Uint8Array {
  const sealed = suite.encrypt(encodeUtf8(text));
  return concatBytes(sealed, SEPARATOR, suite.mac.sign(sealed));
}

/**
 * Returns the cutter for answers; the text is their message. Only the HMAC tells where E ends for certain. What has
 * the shape of an answer and is all there is, is refused.
 */
export function replyCutter(suite: Suite): Cutter<string> {
  return (bytes, quiet): Cut<string> | undefined => {
    for (let at = DES_BYTES; at + 2 + MAC_BYTES <= bytes.length; at += DES_BYTES) {
      const size = at + 2 + MAC_BYTES;
      const sealed = bytes.subarray(0, at);
      if (!isSeparator(bytes, at) || !suite.mac.verify(sealed, bytes.subarray(at + 2, size))) continue;
      return { message: decodeText(suite.decrypt(sealed)), size };
    }
    const last = bytes.length - 2 - MAC_BYTES;
    const looksWhole = last >= DES_BYTES && last % DES_BYTES === 0 && isSeparator(bytes, last);
    if (bytes.length < MAX_MESSAGE_BYTES && !(quiet && looksWhole)) return undefined;
    throw new ProtocolError("reply-tampered", "the server's answer does not carry a valid HMAC");
  };
}

function isSeparator(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === COLON && bytes[at + 1] === COLON;
}
