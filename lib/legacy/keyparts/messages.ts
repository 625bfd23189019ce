import { isUtf8 } from "node:buffer";
import { concatBytes, encodeUtf8, equalBytes } from "../../bytes/mod.ts";
import { digest } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import { type Cutter, RSA_2048_BYTES } from "../core/mod.ts";

/** What a client signs to log in. */
export const AUTH_REQUEST: Uint8Array<ArrayBuffer> = encodeUtf8("AUTH_REQUEST");
/** What the server writes. */
export const AUTH_SUCCESS: Uint8Array<ArrayBuffer> = encodeUtf8("AUTH_SUCCESS");
/** What the server writes before it closes. */
export const AUTH_FAILED: Uint8Array<ArrayBuffer> = encodeUtf8("AUTH_FAILED");
/** What the server writes when all three are in. */
export const START: Uint8Array<ArrayBuffer> = encodeUtf8("START_KEY_EXCHANGE");
/** What the server writes where it has no such key. */
export const NO_KEY: Uint8Array<ArrayBuffer> = encodeUtf8("ERROR: Public key not found.");

/** The most that a published client reads at a time. */
export const MAX_CHAT_BYTES = 1024;
/** The smallest message: IV, one block, hash. */
export const MIN_CHAT_BYTES = 64;
/** Messages are whole blocks long. */
export const BLOCK_BYTES = 16;

const REQ_KEY = encodeUtf8("REQ_KEY:");
const KEY_PART = encodeUtf8("KEY_PART:");
const PEM_BEGIN = encodeUtf8("-----BEGIN PUBLIC KEY-----");
const PEM_END = "-----END PUBLIC KEY-----\n";
const SEPARATOR = encodeUtf8("||");
const HASH_BYTES = 32;
const MAX_PEM_BYTES = 2048;
const MAX_ID_BYTES = 64;
/** More than this at once is a stream of messages and never a single one. */
const MANY_BYTES = 4 * MAX_CHAT_BYTES;

/** Whether a text can be a client's id; it becomes part of a file name. */
export function isClientId(text: string): boolean {
  return text.length <= MAX_ID_BYTES && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(text);
}

/** A login: an id and the signature over `AUTH_REQUEST`. */
export interface Login {
  /** Who it claims to be. */
  readonly id: string;
  /** 256 bytes. */
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
  const at = indexOf(bytes, AUTH_REQUEST);
  const end = at + AUTH_REQUEST.length + SEPARATOR.length;
  if (at < 0 ? bytes.length > MAX_ID_BYTES + AUTH_REQUEST.length : at > MAX_ID_BYTES) {
    throw new ProtocolError("login-malformed", "what the client sends is no login");
  }
  const size = end + RSA_2048_BYTES;
  if (at < 0 || bytes.length < size) return undefined;
  return { message: { id: toText(bytes.subarray(0, at)).trim(), signature: bytes.slice(end, size) }, size };
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

/** Encodes the request for a public key. */
export function encodeKeyRequest(id: string): Uint8Array {
  return concatBytes(REQ_KEY, encodeUtf8(id));
}

/** What an authenticated client sends. */
export type ClientMessage =
  | { readonly type: "key-request"; readonly id: string }
  /** A key part or encrypted messages: the bytes go to the others as they are. */
  | { readonly type: "forward"; readonly kind: "part" | "chat"; readonly bytes: Uint8Array }
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
    const size = keyPartSize(bytes);
    if (size === undefined || bytes.length < size) return undefined;
    return { message: { type: "forward", kind: "part", bytes: bytes.slice(0, size) }, size };
  }
  const next = nextCommand(bytes);
  if (startsWith(bytes, REQ_KEY)) return cutKeyRequest(bytes, next, quiet);
  const size = next ?? (bytes.length > MANY_BYTES ? bytes.length - bytes.length % BLOCK_BYTES : bytes.length);
  const whole = next !== undefined || (size >= MIN_CHAT_BYTES && size % BLOCK_BYTES === 0);
  if (!whole && !quiet) return undefined;
  const content = bytes.subarray(0, size);
  if (!isUtf8(content)) return { message: { type: "forward", kind: "chat", bytes: content.slice() }, size };
  return quiet || next !== undefined ? { message: { type: "text" }, size } : undefined;
};

function cutKeyRequest(bytes: Uint8Array, next: number | undefined, quiet: boolean) {
  const end = next ?? bytes.length;
  if (end > REQ_KEY.length + MAX_ID_BYTES) throw new ProtocolError("request-malformed", "an id is too long");
  if (next === undefined && !quiet) return undefined;
  const id = toText(bytes.subarray(REQ_KEY.length, end)).trim();
  return { message: { type: "key-request", id } as const, size: end };
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

const LITERALS: readonly [Uint8Array, ServerMessage][] = [
  [AUTH_SUCCESS, { type: "auth", success: true }],
  [AUTH_FAILED, { type: "auth", success: false }],
  [START, { type: "start" }],
  [NO_KEY, { type: "key", pem: undefined }],
];

/** Returns the cutter for what the server sends; `open` is what the session key can tell apart. */
export function serverMessageCutter(open: ChatOpener): Cutter<ServerMessage> {
  return (bytes, quiet) => {
    for (const [literal, message] of LITERALS) {
      if (startsWith(bytes, literal)) return { message, size: literal.length };
      if (mayBecome(bytes, literal, quiet)) return undefined;
    }
    if (mayBecome(bytes, KEY_PART, quiet) || mayBecome(bytes, PEM_BEGIN, quiet)) return undefined;
    if (startsWith(bytes, PEM_BEGIN)) return cutPem(bytes);
    if (startsWith(bytes, KEY_PART)) {
      const size = keyPartSize(bytes);
      if (size === undefined || bytes.length < size) return undefined;
      return { message: { type: "part", part: decodeKeyPart(bytes.slice(0, size)) }, size };
    }
    const chat = open(bytes);
    if (chat !== undefined) return { message: { type: "chat", text: chat.text }, size: chat.size };
    if (!quiet && bytes.length <= MANY_BYTES) return undefined;
    return { message: { type: "unreadable" }, size: nextCommand(bytes) ?? bytes.length };
  };
}

function cutPem(bytes: Uint8Array) {
  const text = toText(bytes.subarray(0, MAX_PEM_BYTES));
  const at = text.indexOf(PEM_END);
  if (at < 0 && bytes.length >= MAX_PEM_BYTES) {
    throw new ProtocolError("key-malformed", "a PEM block has no end");
  }
  const size = at + PEM_END.length;
  return at < 0 ? undefined : { message: { type: "key", pem: text.slice(0, size) } as const, size };
}

function decodeKeyPart(bytes: Uint8Array): KeyPart {
  const hashAt = bytes.length - HASH_BYTES, ciphertextAt = hashAt - RSA_2048_BYTES;
  const names = toText(bytes.subarray(KEY_PART.length, ciphertextAt - SEPARATOR.length));
  const [from = "", to = ""] = names.split("->");
  const ciphertext = bytes.subarray(ciphertextAt, hashAt);
  const intact = equalBytes(digest("SHA-256", ciphertext), bytes.subarray(hashAt));
  return { from: from.trim(), to: to.trim(), ciphertext, intact };
}

/** The length of the key part that begins here, as far as it can be told. */
function keyPartSize(bytes: Uint8Array): number | undefined {
  const longest = KEY_PART.length + 2 * MAX_ID_BYTES + "->".length;
  const at = indexOf(bytes.subarray(0, longest + SEPARATOR.length), SEPARATOR);
  if (at >= 0) return at + SEPARATOR.length + RSA_2048_BYTES + HASH_BYTES;
  if (bytes.length <= longest) return undefined;
  throw new ProtocolError("key-part-malformed", "a key part does not say for whom it is");
}

/** Where a command begins behind what stands first. */
function nextCommand(bytes: Uint8Array): number | undefined {
  const found = [KEY_PART, REQ_KEY].map((command) => indexOf(bytes, command, 1)).filter((at) => at > 0);
  return found.length === 0 ? undefined : Math.min(...found);
}

/** Whether these bytes are the beginning of `literal` and the rest may still come. */
function mayBecome(bytes: Uint8Array, literal: Uint8Array, quiet: boolean): boolean {
  return !quiet && bytes.length < literal.length && equalBytes(bytes, literal.subarray(0, bytes.length));
}

function startsWith(bytes: Uint8Array, literal: Uint8Array): boolean {
  return bytes.length >= literal.length && equalBytes(bytes.subarray(0, literal.length), literal);
}

function indexOf(bytes: Uint8Array, what: Uint8Array, from = 0): number {
  for (let at = bytes.indexOf(what[0]!, from); at >= 0; at = bytes.indexOf(what[0]!, at + 1)) {
    if (startsWith(bytes.subarray(at), what)) return at;
  }
  return -1;
}

/** ASCII and whatever else there is, byte for byte. */
function toText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
