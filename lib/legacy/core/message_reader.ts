import { DecodeError } from "../../errors/mod.ts";

/** The first message of what has arrived, and how many bytes it takes. */
export interface Cut<M> {
  /** The message; it must not keep a view of the bytes that it was cut from. */
  readonly message: M;
  /** How many bytes belong to it; at least 1. */
  readonly size: number;
}

/**
 * Finds the first message in `bytes`, or returns undefined where more bytes are needed. `quiet` is true where
 * nothing has followed for a while: only what has no other way to tell its end may take that for one.
 */
export type Cutter<M> = (bytes: Uint8Array, quiet: boolean) => Cut<M> | undefined;

/** What bytes are read from. A `Deno.Conn` is one. */
export interface ByteSource {
  /** Reads into the array; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/** Bounds of a {@link MessageReader}. */
export interface MessageReaderOptions {
  /** The largest message. */
  readonly maxMessageBytes: number;
  /** How long nothing must follow for the sender to be taken as quiet. Default 25 ms. */
  readonly quietMs?: number;
}

const FIRST_BUFFER_BYTES = 4096;
/** A sender that fills what there is gets room for this much a read. */
const BUSY_BUFFER_BYTES = 64 * 1024;
const QUIET_MS = 25;

/**
 * Reads messages that are not framed: it makes no difference how the sender's writes were split or joined on
 * their way. The content decides where a message ends; how it does so is a {@link Cutter}'s business and may
 * differ from message to message.
 */
export class MessageReader {
  readonly #source: ByteSource;
  readonly #maxBytes: number;
  readonly #quietMs: number;
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  #start = 0;
  #end = 0;
  #reading: Promise<number | null> | undefined;
  #ended = false;
  #filled = false;

  /** Creates a reader; it reads only when it is asked to. */
  constructor(source: ByteSource, options: MessageReaderOptions) {
    this.#source = source;
    this.#maxBytes = options.maxMessageBytes;
    this.#quietMs = options.quietMs ?? QUIET_MS;
  }

  /**
   * Returns the next message, or undefined where the sender has ended.
   *
   * @throws {DecodeError} `message-too-large`, `truncated`, and what the cutter throws
   */
  async read<M>(cutter: Cutter<M>): Promise<M | undefined> {
    for (;;) {
      const message = this.take(cutter);
      if (message !== undefined) return message;
      if (this.#ended) return this.#last(cutter);
      this.#assertRoom();
      if (this.#start < this.#end) {
        if (await this.#moreSoon()) continue;
        const last = this.#cut(cutter, true);
        if (last !== undefined) return last;
      }
      await this.#fill();
    }
  }

  /**
   * Returns the next message where it is here already, else undefined. Synchronous, so that a burst can be
   * answered with one write.
   *
   * @throws {DecodeError} what the cutter throws
   */
  take<M>(cutter: Cutter<M>): M | undefined {
    return this.#cut(cutter, this.#ended);
  }

  #cut<M>(cutter: Cutter<M>, quiet: boolean): M | undefined {
    if (this.#start === this.#end) return undefined;
    const cut = cutter(this.#buffer.subarray(this.#start, this.#end), quiet);
    if (cut === undefined) return undefined;
    this.#start += cut.size;
    return cut.message;
  }

  #last<M>(cutter: Cutter<M>): M | undefined {
    const message = this.#cut(cutter, true);
    if (message !== undefined || this.#start === this.#end) return message;
    throw new DecodeError("truncated", "the connection ended in the middle of a message");
  }

  #assertRoom(): void {
    if (this.#end - this.#start <= this.#maxBytes) return;
    throw new DecodeError("message-too-large", `a message is larger than ${this.#maxBytes} bytes`);
  }

  /** Waits for more; false where nothing comes for a while. The read goes on then. */
  async #moreSoon(): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const quiet = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.#quietMs);
    });
    try {
      return await Promise.race([this.#fill().then(() => true), quiet]);
    } finally {
      clearTimeout(timer);
    }
  }

  #fill(): Promise<number | null> {
    if (this.#reading !== undefined) return this.#reading;
    this.#makeRoom();
    const room = this.#buffer.subarray(this.#end);
    this.#reading = this.#source.read(room).then((count) => {
      this.#reading = undefined;
      this.#filled = count === room.length;
      if (count === null) this.#ended = true;
      else this.#end += count;
      return count;
    });
    return this.#reading;
  }

  /** Called only while no read is under way, which would write into the array that is replaced. */
  #makeRoom(): void {
    const size = this.#end - this.#start;
    const half = this.#buffer.length / 2;
    let length = this.#buffer.length;
    if (size > half || (this.#filled && length < BUSY_BUFFER_BYTES)) length *= 2;
    else if (size === 0 && length > BUSY_BUFFER_BYTES) length = FIRST_BUFFER_BYTES;
    else if (size > 0 && this.#end < half) return;
    const next = length === this.#buffer.length ? this.#buffer : new Uint8Array(length);
    next.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = next;
    this.#start = 0;
    this.#end = size;
  }
}
