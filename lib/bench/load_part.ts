import type { TlsIdentity } from "../transport/mod.ts";
import { LoadConnection } from "./load_connection.ts";
import { type PartChannel, readJson } from "./part.ts";
import { processUsage } from "./relay_part.ts";
import { percentile } from "./statistics.ts";

/** One who writes and those who read, in one conversation. */
export interface LoadGroup {
  /** The conversation. */
  mailbox: string;
  /** What the writer shows. */
  writer: TlsIdentity;
  /** What each reader shows. */
  readers: TlsIdentity[];
}

/** What the load generator is told first. */
export interface LoadSetup {
  /** The relay's port on 127.0.0.1. */
  port: number;
  /** The authority's root in PEM. */
  rootPem: string;
  /** Who writes to whom. */
  groups: LoadGroup[];
  /** Bytes of a message. */
  sizeBytes: number;
}

/** One run; the answer to it is a {@link LoadResult}. */
export interface LoadRun {
  /** Messages of each writer that are on their way at once. */
  window: number;
  /** Messages a second of all writers together; 0 for as many as go. */
  ratePerSecond: number;
  /** How long before it counts. */
  warmupMs: number;
  /** How long it counts. */
  durationMs: number;
}

/** What came of a run. */
export interface LoadResult {
  /** Messages that arrived in the time that counts, at all readers together. */
  delivered: number;
  /** How long that time was. */
  elapsedMs: number;
  /** From sending (at a fixed rate: from when it was due) to arriving, in milliseconds: p50, p99, p99.9. */
  latencyMs: [number, number, number];
  /** The share of one core that the generator used; near 1 it may be what was measured. */
  generatorLoad: number;
}

/** Generates load: connects everybody, then answers each line that asks for a run with what came of it. */
export async function runLoadPart({ lines, write }: PartChannel): Promise<void> {
  const setup = await readJson<LoadSetup>(lines);
  if (setup === undefined) return;
  const load = await Load.open(setup);
  write("{}");
  for (let run = await readJson<LoadRun>(lines); run !== undefined; run = await readJson<LoadRun>(lines)) {
    write(JSON.stringify(await load.run(run)));
  }
  load.close();
}

/** A writer and what is known of its messages. */
interface Stream {
  writer: LoadConnection;
  sent: number;
  /** Until all of its readers have them. */
  delivered: number;
  acknowledged: number;
  readers: number;
}

class Load {
  readonly #streams: Stream[] = [];
  readonly #connections: LoadConnection[] = [];
  /** Latencies in milliseconds while it counts. */
  #latencies: number[] | undefined;
  #window = 0;

  static async open({ port, rootPem, groups, sizeBytes }: LoadSetup): Promise<Load> {
    const load = new Load();
    for (const { mailbox, writer: identity, readers } of groups) {
      const writer = await LoadConnection.open({ port, rootPem, identity, mailbox, sizeBytes });
      const stream: Stream = { writer, sent: 0, delivered: 0, acknowledged: 0, readers: readers.length };
      writer.onAnswered = (count) => load.#onAnswered(stream, count);
      load.#streams.push(stream);
      load.#connections.push(writer);
      for (const identity of readers) {
        const reader = await LoadConnection.open({ port, rootPem, identity, mailbox, sizeBytes });
        await reader.watch((sentAt) => load.#onDelivered(stream, sentAt));
        load.#connections.push(reader);
      }
    }
    return load;
  }

  async run({ window, ratePerSecond, warmupMs, durationMs }: LoadRun): Promise<LoadResult> {
    this.#window = ratePerSecond > 0 ? 0 : window;
    const stop = ratePerSecond > 0 ? this.#sendAtRate(ratePerSecond) : this.#fillWindows();
    await pause(warmupMs);
    const before = processUsage(), began = performance.now();
    this.#latencies = [];
    await pause(durationMs);
    const latencies = Float64Array.from(this.#latencies).sort();
    const elapsedMs = performance.now() - began;
    const generatorLoad = (processUsage().cpuMs - before.cpuMs) / elapsedMs;
    this.#latencies = undefined;
    stop();
    this.#window = 0;
    await this.#settled();
    const at = (share: number) =>
      latencies.length === 0 ? 0 : percentile(latencies as unknown as number[], share);
    const latencyMs: [number, number, number] = [at(0.5), at(0.99), at(0.999)];
    return { delivered: latencies.length, elapsedMs, latencyMs, generatorLoad };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #fillWindows(): () => void {
    for (const stream of this.#streams) this.#fill(stream);
    return () => {};
  }

  #sendAtRate(ratePerSecond: number): () => void {
    const began = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      const due = Math.floor((now - began) * ratePerSecond / 1_000);
      for (; sent < due; sent++) {
        const stream = this.#streams[sent % this.#streams.length]!;
        stream.sent++;
        // From when it was due, so that a relay that holds everybody up does not look quick; what is due in
        // one millisecond is due at its end, for the timer goes off no more often.
        stream.writer.append(Math.min(now, began + Math.ceil(sent * 1_000 / ratePerSecond)));
      }
    }, 1);
    return () => clearInterval(timer);
  }

  #fill(stream: Stream): void {
    const done = () => Math.min(stream.acknowledged, stream.delivered / Math.max(1, stream.readers));
    while (stream.sent - done() < this.#window) {
      stream.sent++;
      stream.writer.append(performance.now());
    }
  }

  #onAnswered(stream: Stream, count: number): void {
    stream.acknowledged += count;
    this.#fill(stream);
  }

  #onDelivered(stream: Stream, sentAt: readonly number[]): void {
    const now = performance.now();
    stream.delivered += sentAt.length;
    if (this.#latencies !== undefined) { for (const at of sentAt) this.#latencies.push(now - at); }
    this.#fill(stream);
  }

  /** Waits until everything that was sent has arrived, so that the next run starts with nothing on its way. */
  async #settled(): Promise<void> {
    const isSettled = ({ sent, acknowledged, delivered, readers }: Stream) =>
      acknowledged >= sent && delivered >= sent * readers;
    while (!this.#streams.every(isSettled)) await pause(5);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
