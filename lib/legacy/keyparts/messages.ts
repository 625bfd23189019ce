import { isUtf8 } from "node:buffer";
import { concatBytes, encodeUtf8, equalBytes } from "../../bytes/mod.ts";
import { digest } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import {
  type Cutter,
  indexOfBytes,
  literalCutter,
  type LiteralForm,
  literalForm,
  mapCutter,
  MAX_FILE_SAFE_NAME_BYTES,
  mayBecome,
  pemCutter,
  RSA_2048_BYTES,
  startsWith,
  toLatin1,
} from "../core/mod.ts";

/** What a client signs to log in. */
export const AUTH_REQUEST: Uint8Array<ArrayBuffer> = encodeUtf8("AUTH_REQUEST");
/** What the server writes as it stands. */
export const FIXED = {
  success: encodeUtf8("AUTH_SUCCESS"),
  failure: encodeUtf8("AUTH_FAILED"),
  start: encodeUtf8("START_KEY_EXCHANGE"),
  noKey: encodeUtf8("ERROR: Public key not found."),
} as const;

/** The most that a published client reads at a time. */
export const MAX_CHAT_BYTES = 1024;
/** The smallest message: IV, one block, hash. */
export const MIN_CHAT_BYTES = 64;
/** Messages are whole blocks long. */
export const BLOCK_BYTES = 16;
/** Length in bytes of the hash under a key part and a message. */
export const HASH_BYTES = 32;

const REQ_KEY = encodeUtf8("REQ_KEY:");
const KEY_PART = encodeUtf8("KEY_PART:");
const PEM = encodeUtf8("-----BEGIN PUBLIC KEY-----");
const SEPARATOR = encodeUtf8("||");
const MAX_PART_HEAD_BYTES = KEY_PART.length + 2 * MAX_FILE_SAFE_NAME_BYTES + "->".length;
/** More than this at once is a stream of messages and never a single one. */
const MANY_BYTES = 4 * MAX_CHAT_BYTES;

/** A login: an id and the signature over `AUTH_REQUEST`, 256 bytes. */
export interface Login {
  /** Who it claims to be. */
  readonly id: string;
  /** RSA-PSS with SHA-256. */
  readonly signature: Uint8Array;
}

/**
 * Encodes a login as the two writes that it consists of.
 *
 * ```text
 * id  ·  "AUTH_REQUEST||" (14) | signature (256)
 * ```
 */
export function encodeLogin({ id, signature }: Login): [Uint8Array, Uint8Array] {
  return [encodeUtf8(id), concatBytes(AUTH_REQUEST, SEPARATOR, signature)];
}

/** Cuts a login; its length is known, so that a signature which contains "||" does no harm. */
export const cutLogin: Cutter<Login> = (bytes) => {
  const at = indexOfBytes(bytes, AUTH_REQUEST);
  if (
    at < 0 ? bytes.length > MAX_FILE_SAFE_NAME_BYTES + AUTH_REQUEST.length : at > MAX_FILE_SAFE_NAME_BYTES
  ) {
    throw new ProtocolError("login-malformed", "what the client sends is no login");
  }
  const end = at + AUTH_REQUEST.length + SEPARATOR.length, size = end + RSA_2048_BYTES;
  if (at < 0 || bytes.length < size) return undefined;
  return { message: { id: toLatin1(bytes.subarray(0, at)).trim(), signature: bytes.slice(end, size) }, size };
};

/** A part of the session key on its way from one client to another. */
export interface KeyPart {
  /** Whose part it is. */
  readonly from: string;
  /** Who can decrypt it. */
  readonly to: string;
  /** RSA-OAEP under the key of `to`. */
  readonly ciphertext: Uint8Array;
  /** Whether the hash fits the ciphertext. */
  readonly intact: boolean;
}

/**
 * Encodes a key part.
 *
 * ```text
 * "KEY_PART:" | from | "->" | to | "||" | ciphertext (256) | SHA-256 of the ciphertext (32)
 * ```
 */
export function encodeKeyPart(from: string, to: string, ciphertext: Uint8Array): Uint8Array {
  return concatBytes(encodeUtf8(`KEY_PART:${from}->${to}||`), ciphertext, digest("SHA-256", ciphertext));
}

function decodeKeyPart(bytes: Uint8Array): KeyPart {
  const hashAt = bytes.length - HASH_BYTES, ciphertextAt = hashAt - RSA_2048_BYTES;
  const names = toLatin1(bytes.subarray(KEY_PART.length, ciphertextAt - SEPARATOR.length));
  const [from = "", to = ""] = names.split("->");
  const ciphertext = bytes.subarray(ciphertextAt, hashAt);
  const intact = equalBytes(digest("SHA-256", ciphertext), bytes.subarray(hashAt));
  return { from: from.trim(), to: to.trim(), ciphertext, intact };
}

/** Cuts a key part as it stands; its length is known when it says for whom it is. */
const cutKeyPart: Cutter<Uint8Array> = (bytes) => {
  const at = indexOfBytes(bytes.subarray(0, MAX_PART_HEAD_BYTES + SEPARATOR.length), SEPARATOR);
  if (at < 0 && bytes.length > MAX_PART_HEAD_BYTES) {
    throw new ProtocolError("key-part-malformed", "a key part does not say for whom it is");
  }
  const size = at + SEPARATOR.length + RSA_2048_BYTES + HASH_BYTES;
  return at < 0 || bytes.length < size ? undefined : { message: bytes.slice(0, size), size };
};

/** Encodes the request for a public key. */
export function encodeKeyRequest(id: string): Uint8Array {
  return concatBytes(REQ_KEY, encodeUtf8(id));
}

/** What an authenticated client sends: key parts and encrypted messages go to the others as they are. */
export type ClientMessage =
  | { readonly type: "key-request"; readonly id: string }
  | { readonly type: "part" | "chat"; readonly bytes: Uint8Array }
  /** Text that is no request; it is dropped. */
  | { readonly type: "text" };

/**
 * Cuts what an authenticated client sends. Key parts have a known length. A request ends where another message
 * begins, or at rest. Encrypted messages carry no length, but are whole blocks long: what is, is taken as one or
 * several of them; what is not waits for the rest.
 */
export const cutClientMessage: Cutter<ClientMessage> = (bytes, quiet) => {
  if (mayBecome(bytes, KEY_PART, quiet) || mayBecome(bytes, REQ_KEY, quiet)) return undefined;
  if (startsWith(bytes, KEY_PART)) {
    const part = cutKeyPart(bytes, quiet);
    return part && { message: { type: "part", bytes: part.message }, size: part.size };
  }
  const next = nextCommand(bytes);
  if (startsWith(bytes, REQ_KEY)) return cutKeyRequest(bytes, next, quiet);
  const size = next ?? (bytes.length > MANY_BYTES ? bytes.length - bytes.length % BLOCK_BYTES : bytes.length);
  const whole = next !== undefined || (size >= MIN_CHAT_BYTES && size % BLOCK_BYTES === 0);
  if (!whole && !quiet) return undefined;
  const content = bytes.subarray(0, size);
  if (!isUtf8(content)) return { message: { type: "chat", bytes: content.slice() }, size };
  return quiet || next !== undefined ? { message: { type: "text" }, size } : undefined;
};

function cutKeyRequest(bytes: Uint8Array, next: number | undefined, quiet: boolean) {
  const size = next ?? bytes.length;
  if (size > REQ_KEY.length + MAX_FILE_SAFE_NAME_BYTES) {
    throw new ProtocolError("request-malformed", "an id is too long");
  }
  if (next === undefined && !quiet) return undefined;
  const id = toLatin1(bytes.subarray(REQ_KEY.length, size)).trim();
  return { message: { type: "key-request", id } as const, size };
}

/** What the server sends. */
export type ServerMessage =
  | { readonly type: "auth"; readonly success: boolean }
  | { readonly type: "key"; readonly pem: string | undefined }
  | { readonly type: "start" }
  | { readonly type: "part"; readonly part: KeyPart }
  | { readonly type: "chat"; readonly text: string }
  /** Bytes that are no message under the session key, or came before there was one. */
  | { readonly type: "unreadable" };

/** Finds a message under the session key at the beginning of the bytes: its text and its length. */
export type ChatOpener = (bytes: Uint8Array) => { readonly text: string; readonly size: number } | undefined;

const FORMS: readonly LiteralForm<ServerMessage>[] = [
  literalForm(FIXED.success, { type: "auth", success: true }),
  literalForm(FIXED.failure, { type: "auth", success: false }),
  literalForm(FIXED.start, { type: "start" }),
  literalForm(FIXED.noKey, { type: "key", pem: undefined }),
  [PEM, mapCutter(pemCutter("PUBLIC KEY"), (pem) => ({ type: "key", pem }))],
  [KEY_PART, mapCutter(cutKeyPart, (bytes) => ({ type: "part", part: decodeKeyPart(bytes) }))],
];

/** Returns the cutter for what the server sends; `open` is what the session key can tell apart. */
export function serverMessageCutter(open: ChatOpener): Cutter<ServerMessage> {
  return literalCutter(FORMS, (bytes, quiet) => {
    const chat = open(bytes);
    if (chat !== undefined) return { message: { type: "chat", text: chat.text }, size: chat.size };
    if (!quiet && bytes.length <= MANY_BYTES) return undefined;
    return { message: { type: "unreadable" }, size: nextCommand(bytes) ?? bytes.length };
  });
}

/** Where a command begins behind what stands first. */
function nextCommand(bytes: Uint8Array): number | undefined {
  const part = indexOfBytes(bytes, KEY_PART, 1), request = indexOfBytes(bytes, REQ_KEY, 1);
  if (part < 0) return request < 0 ? undefined : request;
  return request < 0 ? part : Math.min(part, request);
}
