import { setImmediate } from "node:timers";
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

/** Writes messages in order. Writing never blocks; who produces much awaits {@link whenWritable} in between. */
export class MessageWriter {
  readonly #sink: ByteSink;
  readonly #options: MessageWriterOptions;
  #queue: Outgoing[] = [];
  #queuedBytes = 0;
  #running: Promise<void> | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #stopped = false;
  #endGap: (() => void) | undefined;

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
    this.#running ??= this.#run();
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
  async flushed(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Drops what is queued and takes nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#drained?.resolve();
    this.#endGap?.();
  }

  async #run(): Promise<void> {
    // What arrives until the turn is over is answered in the same batch: half the writes of a busy server.
    await new Promise<void>((resolve) => setImmediate(resolve));
    try {
      while (this.#queue.length > 0) {
        const { bytes, gapMs } = this.#next();
        for (let at = 0; at < bytes.length;) at += await this.#sink.write(bytes.subarray(at));
        if (gapMs > 0) await this.#gap(gapMs);
        if (this.#queuedBytes > HIGH_WATER_BYTES) continue;
        this.#drained?.resolve();
        this.#drained = undefined;
      }
    } catch {
      this.#fail(); // the peer is gone; who reads from it learns the same
    } finally {
      this.#running = undefined;
    }
  }

  /** Takes what goes out as one write. */
  #next(): Outgoing {
    let count = 0, size = 0;
    do {
      size += this.#queue[count]!.bytes.length;
      count++;
    } while (
      this.#queue[count - 1]!.gapMs === 0 && count < this.#queue.length &&
      this.#queue[count]!.gapMs === 0 && size + this.#queue[count]!.bytes.length <= HIGH_WATER_BYTES
    );
    const batch = this.#queue.splice(0, count);
    this.#queuedBytes -= size;
    return count === 1 ? batch[0]! : { bytes: concatBytes(...batch.map(({ bytes }) => bytes)), gapMs: 0 };
  }

  #gap(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endGap = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #fail(): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.onFailure();
  }
}
