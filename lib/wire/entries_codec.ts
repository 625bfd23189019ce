import { DecodeError } from "../errors/mod.ts";
import { type Entry, ENTRY_ID_BYTES, MAX_TIME } from "./entry.ts";
import {
  ARRAY,
  BYTES,
  headBytes,
  HotCursor,
  MAP,
  shortText,
  writeFew,
  writeHead,
  writeName,
} from "./hot_cbor.ts";
import type { DeviceRef } from "./names.ts";
import type { Push } from "./operation_types.ts";

const SEQ_6 = Uint8Array.of(MAP | 6, ...shortText("seq"));
const SEQ_7 = Uint8Array.of(MAP | 7, ...shortText("seq"));
const SEQ = Uint8Array.of(...shortText("seq"));
const ID = Uint8Array.of(...shortText("id"), BYTES | ENTRY_ID_BYTES);
const KIND = Uint8Array.of(...shortText("kind"));
const FROM_USER = Uint8Array.of(...shortText("from"), MAP | 2, ...shortText("user"));
const DEVICE = Uint8Array.of(...shortText("device"));
const TIME = Uint8Array.of(...shortText("time"));
const BODY = Uint8Array.of(...shortText("body"));
const CONVERSATION_MAILBOX = Uint8Array.of(...shortText("conversation"), MAP | 2, ...shortText("mailbox"));
const PUSH = Uint8Array.of(MAP | 3, ...shortText("push"), ...shortText("entries"), ...shortText("mailbox"));
const ENTRIES = Uint8Array.of(...shortText("entries"));

/** Room before the first entry for the push's other fields and the array's head. */
const HEAD_ROOM = 128;
/** What an entry takes up besides its body, at most: names of 32 characters, a mailbox of 72. */
const MAX_OVERHEAD = 320;
const MAX_NAME_LENGTH = 32;

/**
 * Encodes entries as they come, one after the other into one buffer, so that the same bytes can be stored and
 * pushed: an array of entries in CBOR, and around it a push. The same bytes as the general encoder's for
 * fields in the order of their type.
 */
export class EntriesEncoder {
  #bytes: Uint8Array<ArrayBuffer>;
  #end = HEAD_ROOM;
  #count = 0;
  /** Kind, sender and time of the entry before, encoded; within a run all three stay the same. */
  #middle = new Uint8Array();
  #middleOf: Pick<Entry, "kind" | "from" | "time"> | undefined;

  /** Creates an encoder with room for entries of so many bytes; it grows. */
  constructor(capacity = 4_096) {
    this.#bytes = new Uint8Array(HEAD_ROOM + capacity);
  }

  /** Forgets all entries; what was given out before is overwritten. */
  clear(): void {
    this.#end = HEAD_ROOM;
    this.#count = 0;
  }

  /** Bytes that it holds in memory. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Entries added. */
  get count(): number {
    return this.#count;
  }

  /** Adds an entry. */
  add(entry: Entry): void {
    this.#reserve(entry.body.length + MAX_OVERHEAD);
    const bytes = this.#bytes, { id, body, conversation } = entry;
    let at = writeFew(bytes, this.#end, conversation === undefined ? SEQ_6 : SEQ_7);
    at = writeHead(bytes, at, 0, entry.seq);
    at = writeFew(bytes, at, ID);
    at = writeFew(bytes, at, id);
    const middle = this.#middleFor(entry);
    bytes.set(middle, at);
    at = writeHead(bytes, at + middle.length, BYTES, body.length);
    bytes.set(body, at);
    at += body.length;
    if (conversation !== undefined) {
      at = writeFew(bytes, at, CONVERSATION_MAILBOX);
      at = writeName(bytes, at, conversation.mailbox);
      at = writeFew(bytes, at, SEQ);
      at = writeHead(bytes, at, 0, conversation.seq);
    }
    this.#end = at;
    this.#count++;
  }

  /** The array of all entries added. A view; add nothing afterwards. */
  array(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(this.#arrayStart(), this.#end);
  }

  /** The body of a push of all entries added. A view; add nothing afterwards. */
  push(mailbox: string): Uint8Array<ArrayBuffer> {
    const arrayStart = this.#arrayStart();
    const nameBytes = headBytes(mailbox.length) + mailbox.length;
    const start = arrayStart - PUSH.length - nameBytes - ENTRIES.length;
    const at = writeName(this.#bytes, writeFew(this.#bytes, start, PUSH), mailbox);
    writeFew(this.#bytes, at, ENTRIES);
    return this.#bytes.subarray(start, this.#end);
  }

  /** Writes the array's head right before the first entry. */
  #arrayStart(): number {
    const start = HEAD_ROOM - headBytes(this.#count);
    writeHead(this.#bytes, start, ARRAY, this.#count);
    return start;
  }

  #middleFor({ kind, from, time }: Entry): Uint8Array {
    const last = this.#middleOf;
    if (last === undefined || last.from !== from || last.time !== time || last.kind !== kind) {
      this.#middleOf = { kind, from, time };
      this.#middle = encodeMiddle(kind, from, time);
    }
    return this.#middle;
  }

  #reserve(count: number): void {
    const needed = this.#end + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }
}

function encodeMiddle(
  kind: Entry["kind"],
  { user, device }: DeviceRef,
  time: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(MAX_OVERHEAD);
  let at = writeName(bytes, writeFew(bytes, 0, KIND), kind);
  at = writeName(bytes, writeFew(bytes, at, FROM_USER), user);
  at = writeName(bytes, writeFew(bytes, at, DEVICE), device);
  at = writeHead(bytes, writeFew(bytes, at, TIME), 0, time);
  return bytes.subarray(0, writeFew(bytes, at, BODY));
}

/** Encodes a push of entries; the same bytes as the general encoder's for fields in the order of their type. */
export function encodeEntriesPush({ mailbox, entries }: Extract<Push, { push: "entries" }>): Uint8Array {
  const encoder = new EntriesEncoder(entries.reduce((sum, { body }) => sum + body.length + 192, 128));
  for (const entry of entries) encoder.add(entry);
  return encoder.push(mailbox);
}

/**
 * Decodes what {@link EntriesEncoder.array} gave, and nothing else. Ids and bodies are views.
 *
 * @throws {DecodeError} `message-malformed`
 */
export function decodeEntries(array: Uint8Array): Entry[] {
  const at = new HotCursor(array);
  const entries: Entry[] = [];
  for (let left = at.head(ARRAY) ?? -1; left !== 0; left--) entries.push(decodeEntry(at) ?? malformed());
  return at.ended ? entries : malformed();
}

function decodeEntry(at: HotCursor): Entry | undefined {
  const hasConversation = at.skip(SEQ_7);
  if (!hasConversation && !at.skip(SEQ_6)) return undefined;
  const seq = at.head(0);
  const id = at.skip(ID) ? at.bytes(ENTRY_ID_BYTES) : undefined;
  const kind = at.skip(KIND) ? at.name(MAX_NAME_LENGTH) : undefined;
  const user = at.skip(FROM_USER) ? at.name(MAX_NAME_LENGTH) : undefined;
  const device = at.skip(DEVICE) ? at.name(MAX_NAME_LENGTH) : undefined;
  const time = at.skip(TIME) ? at.head(0) : undefined;
  const length = at.skip(BODY) ? at.head(BYTES) : undefined;
  const body = length === undefined ? undefined : at.bytes(length);
  if (seq === undefined || id === undefined || user === undefined || device === undefined) return undefined;
  if (time === undefined || time > MAX_TIME || body === undefined || !isKind(kind)) return undefined;
  const entry: Entry = { seq, id, kind, from: { user, device }, time, body };
  return hasConversation ? withConversation(at, entry) : entry;
}

function withConversation(at: HotCursor, entry: Entry): Entry | undefined {
  const mailbox = at.skip(CONVERSATION_MAILBOX) ? at.mailbox() : undefined;
  const seq = at.skip(SEQ) ? at.head(0) : undefined;
  return mailbox === undefined || seq === undefined
    ? undefined
    : { ...entry, conversation: { mailbox, seq } };
}

const kinds = new Set<string | undefined>(
  ["message", "commit", "welcome", "expired"] satisfies Entry["kind"][],
);

function isKind(kind: string | undefined): kind is Entry["kind"] {
  return kinds.has(kind);
}

function malformed(): never {
  throw new DecodeError("message-malformed", "cannot decode entries: not as they were encoded");
}
