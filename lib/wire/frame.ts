import { DecodeError } from "../errors/mod.ts";

/** What a frame is. A goodbye says why its sender is about to close; its body is an error. */
export type FrameType = "request" | "response" | "error" | "push" | "ping" | "pong" | "goodbye";

const frameTypes: Record<FrameType, number> = {
  request: 1,
  response: 2,
  error: 3,
  push: 4,
  ping: 5,
  pong: 6,
  goodbye: 7,
};

/**
 * One frame.
 *
 * ```text
 *  0        4      5            9
 * +--------+------+------------+---------- - -
 * | length | type | request id | body
 * +--------+------+------------+---------- - -
 *   uint32   uint8   uint32       length - 5 bytes
 * ```
 *
 * `length` counts everything after itself. The request id is chosen by whoever asks and comes back
 * with the answer; it is 0 in a push, ping, pong and goodbye. Integers are big-endian.
 */
export interface Frame {
  /** What the frame is. */
  type: FrameType;
  /** Which request it belongs to. */
  requestId: number;
  /** CBOR, or nothing in a ping and pong. */
  body: Uint8Array;
  /** The end of the body where it stands elsewhere and is too long to be copied for this; the decoder gives none. */
  tail?: Uint8Array;
}

const LENGTH_BYTES = 4;
/** What a frame's content has before its body. */
export const FRAME_HEADER_BYTES = 5;
/** The same with its length. */
export const FRAME_START_BYTES: number = LENGTH_BYTES + FRAME_HEADER_BYTES;
const EMPTY = new Uint8Array();
const typeNames: (FrameType | undefined)[] = [];
for (const [name, code] of Object.entries(frameTypes)) typeNames[code] = name as FrameType;

/** How many bytes a frame takes up on the wire, its length included. */
export function frameBytes(frame: Frame): number {
  return FRAME_START_BYTES + frame.body.length + (frame.tail?.length ?? 0);
}

/** Encodes one frame, with its length. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(frameBytes(frame));
  encodeFrameInto(bytes, 0, frame);
  return bytes;
}

/** Encodes a frame's start at a place in bytes, before a body that stands there already. */
export function encodeFrameStart(
  bytes: Uint8Array,
  at: number,
  { type, requestId, bodyBytes }: { type: FrameType; requestId: number; bodyBytes: number },
): void {
  writeUint32(bytes, at, FRAME_HEADER_BYTES + bodyBytes);
  bytes[at + LENGTH_BYTES] = frameTypes[type];
  writeUint32(bytes, at + LENGTH_BYTES + 1, requestId);
}

/** Encodes one frame at a place in bytes that have room for {@link frameBytes}; returns where it ends. */
export function encodeFrameInto(bytes: Uint8Array, at: number, frame: Frame): number {
  const { type, requestId, body, tail } = frame;
  const end = at + frameBytes(frame);
  encodeFrameStart(bytes, at, { type, requestId, bodyBytes: end - at - FRAME_START_BYTES });
  bytes.set(body, at + FRAME_START_BYTES);
  if (tail !== undefined) bytes.set(tail, end - tail.length);
  return end;
}

/** Decodes the content of a frame, that is, what stands after its length; the decoder has made sure of its size. */
function decodeFrameContent(bytes: Uint8Array, start: number, end: number): Frame {
  const type = typeNames[bytes[start]!];
  if (type === undefined) throw new DecodeError("frame-malformed", "cannot decode frame: unknown type");
  return {
    type,
    requestId: readUint32(bytes, start + 1),
    body: view(bytes, start + FRAME_HEADER_BYTES, end),
  };
}

/** The same as `subarray`, in a quarter of its time. */
function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** An incomplete frame has room for so many times the bytes that have come of it, at most. */
const MAX_ROOM = 8;

/**
 * Cuts a byte stream into frames, however it is split. Holds at most one incomplete frame, in at most eight times
 * the bytes that have come of it, and refuses one that is too large as soon as its length is known.
 */
export class FrameDecoder {
  /** The bytes of an incomplete frame stand at its beginning. */
  #pending = EMPTY;
  #pendingBytes = 0;
  /** The largest content that is accepted; may be raised when the peer has authenticated. */
  maxFrameBytes: number;

  readonly #allocate: (bytes: number) => Uint8Array<ArrayBuffer>;

  /**
   * Creates a decoder that accepts contents of up to `maxFrameBytes`. What holds an incomplete frame, and its body
   * later, comes from `allocate`; it may have more room, and anything in it.
   */
  constructor(
    maxFrameBytes: number,
    allocate: (bytes: number) => Uint8Array<ArrayBuffer> = (bytes) => new Uint8Array(bytes),
  ) {
    this.maxFrameBytes = maxFrameBytes;
    this.#allocate = allocate;
  }

  /** Whether the stream may end here without cutting a frame. */
  get idle(): boolean {
    return this.#pendingBytes === 0;
  }

  /**
   * Takes the next bytes of the stream and returns the frames they complete. Bodies are views.
   *
   * @throws {DecodeError} `frame-too-large`, `frame-malformed`; the stream cannot go on after either
   */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (this.#pendingBytes > 0 && at < chunk.length) at = this.#complete(chunk, at, frames);
    while (chunk.length - at >= LENGTH_BYTES) {
      const start = at + LENGTH_BYTES;
      const end = start + this.#contentLength(chunk, at);
      if (end > chunk.length) break;
      frames.push(decodeFrameContent(chunk, start, end));
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at));
    return frames;
  }

  /** Adds to the incomplete frame what it lacks, its length first, and returns where the bytes after it begin. */
  #complete(chunk: Uint8Array, at: number, frames: Frame[]): number {
    const end = Math.min(chunk.length, at + this.#pendingEnd() - this.#pendingBytes);
    this.#keep(chunk.subarray(at, end));
    if (this.#pendingBytes === this.#pendingEnd()) {
      frames.push(decodeFrameContent(this.#pending, LENGTH_BYTES, this.#pendingBytes));
      this.#pending = EMPTY;
      this.#pendingBytes = 0;
    }
    return end;
  }

  /** Where the incomplete frame ends, or its length as long as that is not there. */
  #pendingEnd(): number {
    if (this.#pendingBytes < LENGTH_BYTES) return LENGTH_BYTES;
    return LENGTH_BYTES + this.#contentLength(this.#pending, 0);
  }

  /** Copies, for a view would keep the whole chunk alive on an idle connection. */
  #keep(bytes: Uint8Array): void {
    const length = this.#pendingBytes + bytes.length;
    if (length > this.#pending.length) {
      const grown = this.#allocate(Math.max(length, Math.min(this.#frameBytes(bytes), length * MAX_ROOM)));
      grown.set(this.#pending.subarray(0, this.#pendingBytes));
      this.#pending = grown;
    }
    this.#pending.set(bytes, this.#pendingBytes);
    this.#pendingBytes = length;
  }

  /** The length of the incomplete frame, of which these bytes come next; 0 as long as it is not known. */
  #frameBytes(next: Uint8Array): number {
    if (this.#pendingBytes >= LENGTH_BYTES) return this.#pendingEnd();
    const known = this.#pendingBytes === 0 && next.length >= LENGTH_BYTES;
    return known ? LENGTH_BYTES + this.#contentLength(next, 0) : 0;
  }

  #contentLength(bytes: Uint8Array, at: number): number {
    const length = readUint32(bytes, at);
    if (length < FRAME_HEADER_BYTES) {
      throw new DecodeError("frame-malformed", "cannot decode frame: too short");
    }
    if (length > this.maxFrameBytes) {
      throw new DecodeError(
        "frame-too-large",
        `cannot decode frame: ${length} bytes, at most ${this.maxFrameBytes} are accepted`,
      );
    }
    return length;
  }
}
