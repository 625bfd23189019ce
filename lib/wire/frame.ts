import { Reader, Writer } from "../bytes/mod.ts";
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
}

const LENGTH_BYTES = 4;
/** What a frame's content has before its body. */
export const FRAME_HEADER_BYTES = 5;
const EMPTY = new Uint8Array();
const typeNames = new Map<number, FrameType>(
  Object.entries(frameTypes).map(([name, code]) => [code, name as FrameType]),
);

/** Encodes one frame, with its length. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  return new Writer(LENGTH_BYTES + FRAME_HEADER_BYTES + frame.body.length)
    .u32(FRAME_HEADER_BYTES + frame.body.length)
    .u8(frameTypes[frame.type])
    .u32(frame.requestId)
    .bytes(frame.body)
    .finish();
}

/** Decodes a frame's content, that is, everything after its length. */
function decodeFrameContent(content: Uint8Array): Frame {
  const reader = new Reader(content);
  const type = typeNames.get(reader.u8("frame type"));
  if (type === undefined) throw new DecodeError("frame-malformed", "cannot decode frame: unknown type");
  const requestId = reader.u32("request id");
  return { type, requestId, body: reader.bytes(reader.remaining, "frame body") };
}

/**
 * Cuts a byte stream into frames, however it is split. Holds at most one incomplete frame, in at most twice
 * the bytes that have come of it, and refuses one that is too large as soon as its length is known.
 */
export class FrameDecoder {
  /** The bytes of an incomplete frame stand at its beginning. */
  #pending = EMPTY;
  #pendingBytes = 0;
  /** The largest content that is accepted; may be raised when the peer has authenticated. */
  maxFrameBytes: number;

  /** Creates a decoder that accepts contents of up to `maxFrameBytes`. */
  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
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
    let rest = chunk;
    while (this.#pendingBytes > 0 && rest.length > 0) rest = this.#complete(rest, frames);
    while (rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#contentLength(rest);
      if (rest.length < end) break;
      frames.push(decodeFrameContent(rest.subarray(LENGTH_BYTES, end)));
      rest = rest.subarray(end);
    }
    if (rest.length > 0) this.#keep(rest);
    return frames;
  }

  /** Adds to the incomplete frame what it lacks, its length first, and returns the bytes after it. */
  #complete(bytes: Uint8Array, frames: Frame[]): Uint8Array {
    const missing = this.#pendingEnd() - this.#pendingBytes;
    this.#keep(bytes.subarray(0, missing));
    if (this.#pendingBytes === this.#pendingEnd()) {
      frames.push(decodeFrameContent(this.#pending.subarray(LENGTH_BYTES, this.#pendingBytes)));
      this.#pending = EMPTY;
      this.#pendingBytes = 0;
    }
    return bytes.subarray(missing);
  }

  /** Where the incomplete frame ends, or its length as long as that is not there. */
  #pendingEnd(): number {
    if (this.#pendingBytes < LENGTH_BYTES) return LENGTH_BYTES;
    return LENGTH_BYTES + this.#contentLength(this.#pending);
  }

  /** Copies, for a view would keep the whole chunk alive on an idle connection. */
  #keep(bytes: Uint8Array): void {
    const length = this.#pendingBytes + bytes.length;
    if (length > this.#pending.length) {
      const grown = new Uint8Array(Math.max(length, this.#pending.length * 2));
      grown.set(this.#pending.subarray(0, this.#pendingBytes));
      this.#pending = grown;
    }
    this.#pending.set(bytes, this.#pendingBytes);
    this.#pendingBytes = length;
  }

  #contentLength(bytes: Uint8Array): number {
    const length = new Reader(bytes).u32("frame length");
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
