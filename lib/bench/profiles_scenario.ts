import { describeBottleneck } from "./bottleneck.ts";
import { PartProcess } from "./part.ts";
import { runProfileCrypto } from "./profile_crypto.ts";
import { profileSubjects } from "./profile_loads.ts";
import type { ProfileRun } from "./profile_load.ts";
import type { ProfileLoadSetup, ProfileRunResult, ProfileSetup, ProfileStarted } from "./profile_part.ts";
import type { ProcessUsage } from "./relay_part.ts";
import type { Recorder, ScenarioSettings } from "./scenario.ts";

const ROUNDS = 3;
const WARM_UP = 200;
/** A run is of so many messages at least, however short it is to be, and at most. */
const MIN_COUNT = 50, MAX_COUNT = 200_000;
const MODES = [["lock-step", 1], ["window 64", 64]] as const;

/** `profiles`: the five classic systems side by side, their cryptography and their servers. */
export async function runProfilesScenario(settings: ScenarioSettings, record: Recorder): Promise<void> {
  await runProfileCrypto(settings, record);
  for (const subject of Object.keys(profileSubjects)) await measureServer(subject, settings, record);
}

/** Measures the server of one of the subjects. */
export async function measureServer(
  subject: string,
  settings: ScenarioSettings,
  record: Recorder,
): Promise<void> {
  const { program, onProgress } = settings;
  onProgress(`${subject}: starting the server`);
  const { profile, dialect } = profileSubjects[subject]!;
  const folder = await Deno.makeTempDir({ prefix: "parley-bench-" });
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => Deno.remove(folder, { recursive: true }));
  const server = cleanup.use(new PartProcess(program, "profile"));
  const { port } = await server.ask<ProfileStarted>({ profile, dialect, folder } satisfies ProfileSetup);
  const load = cleanup.use(new PartProcess(program, "profile-load"));
  await load.ask({ port, folder, subject } satisfies ProfileLoadSetup);
  for (const mode of MODES) await measureMode(subject, mode, { server, load }, settings, record);
}

async function measureMode(
  subject: string,
  [mode, window]: typeof MODES[number],
  { server, load }: { server: PartProcess; load: PartProcess },
  { durationMs, signal, onProgress }: ScenarioSettings,
  record: Recorder,
): Promise<void> {
  const run = (count: number) => load.ask<ProfileRunResult>({ window, count } satisfies ProfileRun, signal);
  // The first one is for the compiler only; the second says how many fit into the time.
  await run(WARM_UP);
  const { elapsedMs } = await run(WARM_UP);
  const fitting = Math.round(WARM_UP * durationMs / elapsedMs);
  const count = Math.max(MIN_COUNT, Math.min(MAX_COUNT, fitting));
  const rates: number[] = [],
    micros: number[] = [],
    serverLoads: number[] = [],
    generatorLoads: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    signal.throwIfAborted();
    onProgress(`${subject}, ${mode}, round ${round + 1} of ${ROUNDS}`);
    const before = await server.ask<ProcessUsage>({});
    const result = await run(count);
    const cpuMs = (await server.ask<ProcessUsage>({})).cpuMs - before.cpuMs;
    generatorLoads.push(result.generatorLoad);
    rates.push(count / result.elapsedMs * 1_000);
    micros.push(cpuMs / count * 1_000);
    serverLoads.push(cpuMs / result.elapsedMs);
  }
  record(`${subject}, ${mode}`, "msg/s", rates, {
    note: describeBottleneck("server", serverLoads, generatorLoads),
  });
  record(`${subject}, ${mode}: server's processor time`, "µs", micros, {
    note: profileSubjects[subject]!.counts,
  });
}
