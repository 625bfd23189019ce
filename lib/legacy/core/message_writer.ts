import { nextTick } from "node:process";
import { concatBytes } from "../../bytes/mod.ts";

/** What bytes are written to. A `Deno.Conn` is one. */
export interface ByteSink {
  /** Writes some of the bytes; returns how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** How a {@link MessageWriter} writes. */
export interface MessageWriterOptions {
  /**
   * With 0, whatever is written in one turn goes out as one write. Else each message is a write of its own and
   * nothing follows it for so long: a peer that takes one `recv` for one message sees them apart.
   */
  readonly gapMs: number;
  /** Called once where the peer does not take what is written, or is gone. */
  readonly onFailure: () => void;
}

/** A batch is joined up to this size, and more than this waiting asks its senders to wait. */
const HIGH_WATER_BYTES = 64 * 1024;
/** How long a peer may take nothing while others wait for it. */
const STALLED_MS = 30_000;

interface Outgoing {
  readonly bytes: Uint8Array;
  readonly gapMs: number;
}

/**
 * Writes messages in order. Writing never blocks; who produces much awaits {@link whenWritable} in between. Callbacks
 * drive it and not an asynchronous function: a message that is forwarded is worth little more than its promises.
 */
export class MessageWriter {
  readonly #sink: ByteSink;
  readonly #options: MessageWriterOptions;
  readonly #writeNext: () => void = () => this.#startWrite();
  #queue: Outgoing[] = [];
  #queuedBytes = 0;
  /** Whether a write is scheduled or under way, or its gap lasts. */
  #busy = false;
  #gap: ReturnType<typeof setTimeout> | undefined;
  #rested: PromiseWithResolvers<void> | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #stopped = false;

  /** Creates a writer. */
  constructor(sink: ByteSink, options: MessageWriterOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** Queues a message, which must not be changed afterwards; `gapMs` overrides how long nothing follows it. */
  write(bytes: Uint8Array, gapMs: number = this.#options.gapMs): void {
    if (this.#stopped) return;
    this.#queue.push({ bytes, gapMs });
    this.#queuedBytes += bytes.length;
    if (this.#busy) return;
    this.#busy = true;
    nextTick(this.#writeNext); // all that this turn still answers goes out in the same write
  }

  /** Lets nothing follow for so long what has been written until now. */
  pause(ms: number): void {
    if (ms > 0) this.write(new Uint8Array(0), ms);
  }

  /** Whether so much is waiting that whoever produces more should await {@link whenWritable} first. */
  get full(): boolean {
    return this.#queuedBytes > HIGH_WATER_BYTES && !this.#stopped;
  }

  /** Resolves at once, or where it is {@link full} when that is over. A peer that takes nothing fails. */
  async whenWritable(): Promise<void> {
    if (!this.full) return;
    this.#drained ??= Promise.withResolvers();
    const timer = setTimeout(() => this.#fail(), STALLED_MS);
    await this.#drained.promise;
    clearTimeout(timer);
  }

  /** Resolves when all that was queued has been written and the gap after it is over. */
  flushed(): Promise<void> {
    if (!this.#busy) return Promise.resolve();
    this.#rested ??= Promise.withResolvers();
    return this.#rested.promise;
  }

  /** Drops what is queued and takes nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#drained?.resolve();
    if (this.#gap !== undefined) this.#rest();
  }

  #startWrite(): void {
    this.#gap = undefined;
    if (this.#queue.length === 0) return this.#rest();
    const { bytes, gapMs } = this.#next();
    this.#write(bytes, gapMs);
  }

  #write(bytes: Uint8Array, gapMs: number): void {
    if (bytes.length === 0) return this.#endWrite(gapMs);
    this.#sink.write(bytes).then(
      (count) => this.#write(bytes.subarray(count), gapMs),
      () => {
        this.#fail(); // the peer is gone; who reads from it learns the same
        this.#rest();
      },
    );
  }

  #endWrite(gapMs: number): void {
    if (this.#drained !== undefined && this.#queuedBytes <= HIGH_WATER_BYTES) {
      this.#drained.resolve();
      this.#drained = undefined;
    }
    if (gapMs > 0 && !this.#stopped) this.#gap = setTimeout(this.#writeNext, gapMs);
    else this.#startWrite();
  }

  #rest(): void {
    clearTimeout(this.#gap);
    this.#gap = undefined;
    this.#busy = false;
    this.#rested?.resolve();
    this.#rested = undefined;
  }

  /** Takes what goes out as one write. */
  #next(): Outgoing {
    const first = this.#queue[0]!;
    let count = 1, size = first.bytes.length;
    while (first.gapMs === 0 && count < this.#queue.length) {
      const { bytes, gapMs } = this.#queue[count]!;
      if (gapMs > 0 || size + bytes.length > HIGH_WATER_BYTES) break;
      size += bytes.length;
      count++;
    }
    this.#queuedBytes -= size;
    const batch = this.#queue.splice(0, count);
    return count === 1 ? first : { bytes: concatBytes(...batch.map(({ bytes }) => bytes)), gapMs: 0 };
  }

  #fail(): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.onFailure();
  }
}
