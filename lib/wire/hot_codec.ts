import { Writer } from "../bytes/mod.ts";
import type { Entry } from "./entry.ts";
import { ENTRY_ID_BYTES } from "./entry.ts";
import { limits } from "./limits.ts";
import { isMailbox } from "./names.ts";
import type { OperationRequest, Push } from "./operation_types.ts";

/** The two requests that every message costs, as {@link decodeHotRequest} reads them. */
export type HotRequest =
  | { op: "append"; fields: OperationRequest<"append"> }
  | { op: "ack"; fields: OperationRequest<"ack"> };

/** Major types of CBOR (RFC 8949 §3.1) in their place in the initial byte. */
const BYTES = 0x40, TEXT = 0x60, ARRAY = 0x80, MAP = 0xa0;
const APPEND = Uint8Array.of(ARRAY | 2, ...text("append"), MAP | 3, ...text("mailbox"));
const ACK = Uint8Array.of(ARRAY | 2, ...text("ack"), MAP | 2, ...text("mailbox"));
const ID = Uint8Array.of(...text("id"), BYTES | ENTRY_ID_BYTES);
const MESSAGE = Uint8Array.of(...text("message"));
const SEQ = Uint8Array.of(...text("seq"));
const TIME = Uint8Array.of(...text("time"));
const ENTRIES = Uint8Array.of(MAP | 3, ...text("push"), ...text("entries"), ...text("mailbox"));
const ENTRIES_KEY = Uint8Array.of(...text("entries"));
const KIND = Uint8Array.of(...text("kind"));
const FROM_USER = Uint8Array.of(...text("from"), MAP | 2, ...text("user"));
const DEVICE = Uint8Array.of(...text("device"));
const BODY = Uint8Array.of(...text("body"));
const CONVERSATION_MAILBOX = Uint8Array.of(...text("conversation"), MAP | 2, ...text("mailbox"));

/**
 * Decodes `append` and `ack` in the very form in which `encodeRequest` writes them, without a detour over
 * objects and schemas; a relay's hot path. Gives undefined for everything else, right or wrong, which the
 * general decoder then takes or refuses. What this one takes, the general one takes too, and as the same.
 */
export function decodeHotRequest(body: Uint8Array): HotRequest | undefined {
  const at = new Cursor(body);
  if (at.skip(APPEND)) return decodeAppend(at);
  if (at.skip(ACK)) return decodeAck(at);
  return undefined;
}

function decodeAppend(at: Cursor): HotRequest | undefined {
  const mailbox = at.mailbox();
  if (mailbox === undefined || !at.skip(ID)) return undefined;
  const id = at.bytes(ENTRY_ID_BYTES);
  if (id === undefined || !at.skip(MESSAGE)) return undefined;
  const length = at.head(BYTES);
  if (length === undefined || length < 1 || length > limits.maxMessageBytes) return undefined;
  const message = at.bytes(length);
  return message !== undefined && at.ended ? { op: "append", fields: { mailbox, id, message } } : undefined;
}

function decodeAck(at: Cursor): HotRequest | undefined {
  const mailbox = at.mailbox();
  if (mailbox === undefined || !at.skip(SEQ)) return undefined;
  const seq = at.head(0);
  return seq !== undefined && at.ended ? { op: "ack", fields: { mailbox, seq } } : undefined;
}

/** Encodes the answer to `append` and `commit`; the same bytes as the general encoder's. */
export function encodePlace({ seq, time }: { seq: number; time: number }): Uint8Array {
  const writer = new Writer(32).u8(MAP | 2).bytes(SEQ);
  writeHead(writer, 0, seq);
  writer.bytes(TIME);
  writeHead(writer, 0, time);
  return writer.finish();
}

/** Encodes a push of entries; the same bytes as the general encoder's for fields in the order of their type. */
export function encodeEntriesPush({ mailbox, entries }: Extract<Push, { push: "entries" }>): Uint8Array {
  const size = entries.reduce((sum, { body }) => sum + body.length + 192, 128);
  const writer = new Writer(size).bytes(ENTRIES);
  writeText(writer, mailbox);
  writer.bytes(ENTRIES_KEY);
  writeHead(writer, ARRAY, entries.length);
  for (const entry of entries) writeEntry(writer, entry);
  return writer.finish();
}

function writeEntry(writer: Writer, { seq, id, kind, from, time, body, conversation }: Entry): void {
  writer.u8(MAP | (conversation === undefined ? 6 : 7)).bytes(SEQ);
  writeHead(writer, 0, seq);
  writer.bytes(ID).bytes(id).bytes(KIND);
  writeText(writer, kind);
  writer.bytes(FROM_USER);
  writeText(writer, from.user);
  writer.bytes(DEVICE);
  writeText(writer, from.device);
  writer.bytes(TIME);
  writeHead(writer, 0, time);
  writer.bytes(BODY);
  writeHead(writer, BYTES, body.length);
  writer.bytes(body);
  if (conversation === undefined) return;
  writer.bytes(CONVERSATION_MAILBOX);
  writeText(writer, conversation.mailbox);
  writer.bytes(SEQ);
  writeHead(writer, 0, conversation.seq);
}

/** Writes a name of the protocol, which is ASCII. */
function writeText(writer: Writer, value: string): void {
  writeHead(writer, TEXT, value.length);
  for (let i = 0; i < value.length; i++) writer.u8(value.charCodeAt(i));
}

/** Writes a major type with its argument in the shortest form (RFC 8949 §3). */
function writeHead(writer: Writer, major: number, value: number): void {
  if (value < 24) writer.u8(major | value);
  else if (value < 0x100) writer.u8(major | 24).u8(value);
  else if (value < 0x1_0000) writer.u8(major | 25).u16(value);
  else if (value < 0x1_0000_0000) writer.u8(major | 26).u32(value);
  else writer.u8(major | 27).u64(BigInt(value));
}

/** A short text with its head. */
function text(value: string): number[] {
  return [TEXT | value.length, ...Array.from(value, (character) => character.charCodeAt(0))];
}

/** Reads on from a place in the bytes as long as they are as expected. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Passes over the bytes expected, if it is they. */
  skip(expected: Uint8Array): boolean {
    for (let i = 0; i < expected.length; i++) {
      if (this.#bytes[this.#at + i] !== expected[i]) return false;
    }
    this.#at += expected.length;
    return true;
  }

  /** Reads the argument of a major type of up to 32 bits, in its shortest form only. */
  head(major: number): number | undefined {
    const info = (this.#bytes[this.#at++] ?? -1) - major;
    if (info >= 0 && info < 24) return info;
    const size = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : 0;
    if (size === 0 || this.#at + size > this.#bytes.length) return undefined;
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.#bytes[this.#at++]!;
    return value < (size === 1 ? 24 : size === 2 ? 0x100 : 0x1_0000) ? undefined : value;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> | undefined {
    const end = this.#at + length;
    if (end > this.#bytes.length) return undefined;
    const bytes = this.#bytes.subarray(this.#at, end) as Uint8Array<ArrayBuffer>;
    this.#at = end;
    return bytes;
  }

  /** Reads the name of a mailbox. */
  mailbox(): string | undefined {
    const length = this.head(TEXT);
    const bytes = length !== undefined && length <= MAX_MAILBOX_LENGTH ? this.bytes(length) : undefined;
    if (bytes === undefined) return undefined;
    const name = String.fromCharCode.apply(undefined, bytes as unknown as number[]);
    return isMailbox(name) ? name : undefined;
  }
}

/** `device:` or `direct:` and two names of 32 characters. */
const MAX_MAILBOX_LENGTH = 72;
