import { describeBottleneck } from "./bottleneck.ts";
import type { LoadGroup, LoadResult, LoadRun, LoadSetup } from "./load_part.ts";
import { PartProcess } from "./part.ts";
import { RelayStage, type StagedDevice } from "./relay_stage.ts";
import type { Recorder, ScenarioSettings } from "./scenario.ts";

const ROUNDS = 3;
/** Pairs of clients and messages of each writer on their way. */
const USUAL: readonly (readonly [pairs: number, window: number])[] = [[10, 16], [100, 8]];
const RATES_PER_SECOND = [1_000, 5_000];
/** Handshakes under way at once. */
const PARALLEL_HANDSHAKES = 4;
const MAX_IDLE_CONNECTIONS = 1_000, MIN_IDLE_CONNECTIONS = 20;

/** `relay`: what a relay carries, durably and with authentication. */
export async function runRelayScenario(settings: ScenarioSettings, record: Recorder): Promise<void> {
  await using stage = await RelayStage.open(settings.program);
  await measureHandshakes(stage, settings, record);
  await measureIdleMemory(stage, settings, record);
  const { clients } = settings;
  for (
    const [pairs, window] of clients === undefined ? USUAL : [[clients, clients > 50 ? 8 : 16] as const]
  ) {
    settings.onProgress(`connecting ${pairs} pairs`);
    const groups: LoadGroup[] = [];
    for (let i = 0; i < pairs; i++) {
      groups.push(
        await stageGroup(stage, `p${pairs}-${i}`, 1, settings.signal),
      );
    }
    await using bench = await LoadBench.open(stage, groups, settings, record);
    await bench.closedLoop(`${pairs} pairs, window ${window}`, window);
    for (const rate of RATES_PER_SECOND) await bench.fixedRate(`${pairs} pairs, ${rate} msg/s`, rate);
  }
}

/** Enrols a writer and readers and puts them into one conversation. */
export async function stageGroup(
  stage: RelayStage,
  name: string,
  readers: number,
  signal: AbortSignal,
): Promise<LoadGroup> {
  const devices: StagedDevice[] = [];
  for (let i = 0; i <= readers; i++) {
    signal.throwIfAborted();
    const device = await stage.device(name, `d${i}`);
    await (await stage.greet(device)).close();
    devices.push(device);
  }
  const [writer, ...others] = devices as [StagedDevice, ...StagedDevice[]];
  const author = await stage.greet(writer);
  const mailbox = await stage.createConversation(author, others);
  await author.close();
  return { mailbox, writer: writer.identity, readers: others.map(({ identity }) => identity) };
}

/** A load generator in a process of its own, aimed at the relay of a stage. */
export class LoadBench implements AsyncDisposable {
  readonly #stage: RelayStage;
  readonly #part: PartProcess;
  readonly #settings: ScenarioSettings;
  readonly #record: Recorder;

  private constructor(stage: RelayStage, part: PartProcess, settings: ScenarioSettings, record: Recorder) {
    this.#stage = stage;
    this.#part = part;
    this.#settings = settings;
    this.#record = record;
  }

  /** Starts the generator and connects everybody. */
  static async open(
    stage: RelayStage,
    groups: LoadGroup[],
    settings: ScenarioSettings,
    record: Recorder,
  ): Promise<LoadBench> {
    const part = new PartProcess(settings.program, "load");
    try {
      const { port, rootPem } = stage;
      await part.ask({ port, rootPem, groups, sizeBytes: settings.sizeBytes } satisfies LoadSetup);
    } catch (error) {
      await part[Symbol.asyncDispose]();
      throw error;
    }
    return new LoadBench(stage, part, settings, record);
  }

  /** As much as goes with so many messages of each writer on their way: rate and latency. */
  async closedLoop(name: string, window: number): Promise<void> {
    await this.#measure(name, { window, ratePerSecond: 0 });
  }

  /** Latency at a rate. */
  async fixedRate(name: string, ratePerSecond: number): Promise<void> {
    await this.#measure(name, { window: 0, ratePerSecond });
  }

  async #measure(name: string, run: Pick<LoadRun, "window" | "ratePerSecond">): Promise<void> {
    const { durationMs, sizeBytes, signal, onProgress } = this.#settings;
    const results: LoadResult[] = [], relayLoads: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      signal.throwIfAborted();
      onProgress(`${name}, round ${round + 1} of ${ROUNDS}`);
      const before = await this.#stage.usage(), began = performance.now();
      const asked = { ...run, warmupMs: durationMs / 4, durationMs } satisfies LoadRun;
      results.push(await this.#part.ask(asked, signal));
      relayLoads.push(((await this.#stage.usage()).cpuMs - before.cpuMs) / (performance.now() - began));
    }
    const rates = results.map(({ delivered, elapsedMs }) => delivered / elapsedMs * 1_000);
    const note = describeBottleneck("relay", relayLoads, results.map(({ generatorLoad }) => generatorLoad));
    const title = run.ratePerSecond > 0 ? `${name}: delivered` : name;
    this.#record(title, "msg/s", rates, { bytesPerOperation: sizeBytes, note });
    for (const [i, share] of ["p50", "p99", "p99.9"].entries()) {
      this.#record(`${name}: ${share}`, "ms", results.map(({ latencyMs }) => latencyMs[i]!));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#part[Symbol.asyncDispose]();
  }
}

async function measureHandshakes(
  stage: RelayStage,
  { durationMs, signal, onProgress }: ScenarioSettings,
  record: Recorder,
): Promise<void> {
  const device = await stage.device("handshakes", "d");
  const rates: number[] = [], cpuMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    signal.throwIfAborted();
    onProgress(`handshakes, round ${round + 1} of ${ROUNDS}`);
    const before = await stage.usage(), began = performance.now();
    let count = 0;
    await Promise.all(Array.from({ length: PARALLEL_HANDSHAKES }, async () => {
      do {
        await (await stage.connect(device)).close();
        count++;
      } while (performance.now() - began < durationMs);
    }));
    rates.push(count / (performance.now() - began) * 1_000);
    cpuMs.push(((await stage.usage()).cpuMs - before.cpuMs) / count);
  }
  record("mutual TLS handshakes", "handshakes/s", rates, { note: "the client is this process" });
  record("relay's processor time for each, with its check and close", "ms", cpuMs);
}

async function measureIdleMemory(
  stage: RelayStage,
  { durationMs, signal, onProgress }: ScenarioSettings,
  record: Recorder,
): Promise<void> {
  const count = Math.round(Math.min(MAX_IDLE_CONNECTIONS, Math.max(MIN_IDLE_CONNECTIONS, durationMs)));
  onProgress(`${count} idle connections`);
  const device = await stage.device("idle", "d");
  const before = await stage.usage();
  await using open = new AsyncDisposableStack();
  for (let i = 0; i < count; i++) {
    signal.throwIfAborted();
    open.adopt(await stage.greet(device), (connection) => connection.close());
  }
  const grown = (await stage.usage()).rssBytes - before.rssBytes;
  record("memory of an idle connection", "KB", [Math.max(0, grown / count / 1_000)], {
    note: `${count} connections`,
  });
}
