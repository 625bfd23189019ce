import { concatBytes, Reader, Writer } from "../bytes/mod.ts";
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
const HEADER_BYTES = 5;
const EMPTY = new Uint8Array();
const typeNames = new Map<number, FrameType>(
  Object.entries(frameTypes).map(([name, code]) => [code, name as FrameType]),
);

/** Encodes one frame, with its length. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  return new Writer(LENGTH_BYTES + HEADER_BYTES + frame.body.length)
    .u32(HEADER_BYTES + frame.body.length)
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
 * Cuts a byte stream into frames, however it is split. Holds at most one incomplete frame, and refuses
 * one that is too large as soon as its length is known.
 */
export class FrameDecoder {
  #pending: Uint8Array = EMPTY;
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  /** The largest content that is accepted; may be raised when the peer has authenticated. */
  maxFrameBytes: number;

  /** Creates a decoder that accepts contents of up to `maxFrameBytes`. */
  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Whether the stream may end here without cutting a frame. */
  get idle(): boolean {
    return this.#pending.length + this.#chunkBytes === 0;
  }

  /**
   * Takes the next bytes of the stream and returns the frames they complete. Bodies are views.
   *
   * @throws {DecodeError} `frame-too-large`, `frame-malformed`; the stream cannot go on after either
   */
  push(chunk: Uint8Array): Frame[] {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
    if (this.#pending.length + this.#chunkBytes < this.#needed()) return [];
    let bytes = concatBytes(this.#pending, ...this.#chunks);
    this.#chunks = [];
    this.#chunkBytes = 0;
    const frames: Frame[] = [];
    while (bytes.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#contentLength(bytes);
      if (bytes.length < end) break;
      frames.push(decodeFrameContent(bytes.subarray(LENGTH_BYTES, end)));
      bytes = bytes.subarray(end);
    }
    this.#pending = bytes;
    return frames;
  }

  /** Bytes that must be there before another look is worth it; keeps reassembly linear. */
  #needed(): number {
    return this.#pending.length < LENGTH_BYTES
      ? LENGTH_BYTES
      : LENGTH_BYTES + this.#contentLength(this.#pending);
  }

  #contentLength(bytes: Uint8Array): number {
    const length = new Reader(bytes).u32("frame length");
    if (length < HEADER_BYTES) throw new DecodeError("frame-malformed", "cannot decode frame: too short");
    if (length > this.maxFrameBytes) {
      throw new DecodeError(
        "frame-too-large",
        `cannot decode frame: ${length} bytes, at most ${this.maxFrameBytes} are accepted`,
      );
    }
    return length;
  }
}
