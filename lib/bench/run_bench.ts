import { describeEnvironment } from "./environment.ts";
import type { Measurement } from "./measurement.ts";
import { type Report, REPORT_VERSION } from "./report.ts";
import { createRecorder, type Scenario, type ScenarioSettings } from "./scenario.ts";

/** Every scenario, in the order in which `all` runs them. Nothing of one is loaded before it runs. */
export const scenarios: readonly Scenario[] = [
  {
    name: "crypto",
    brief: "the primitives and suites: operations a second, MB/s, sizes on the wire",
    load: async () => (await import("./crypto_scenario.ts")).runCryptoScenario,
  },
  {
    name: "session",
    brief: "handshakes, enrolment, and MLS by size of the group, post-quantum and not",
    load: async () => (await import("./session_scenario.ts")).runSessionScenario,
  },
  {
    name: "relay",
    brief: "a relay on this machine: durable messages a second, latency, memory, handshakes",
    load: async () => (await import("./relay_scenario.ts")).runRelayScenario,
  },
  {
    name: "files",
    brief: "a large file and a folder of small ones through a relay, beside a plain TCP copy: MB/s, memory",
    load: async () => (await import("./files_scenario.ts")).runFilesScenario,
  },
  {
    name: "group",
    brief: "a group by its size: what its changes and messages cost a member, and their fan-out the relay",
    load: async () => (await import("./group_scenario.ts")).runGroupScenario,
  },
  {
    name: "profiles",
    brief: "the five classic systems: their cryptography beside parley's, and what their servers forward",
    load: async () => (await import("./profiles_scenario.ts")).runProfilesScenario,
  },
];

/** What a run is told. */
export interface BenchOptions extends ScenarioSettings {
  /** The scenarios to run. */
  readonly chosen: readonly Scenario[];
  /** What the program is, such as `parley 0.1.0`. */
  readonly programName: string;
  /** The present time. */
  readonly now: Date;
  /** Hears that a scenario is over, with all of its figures. */
  onScenario(scenario: Scenario, measurements: readonly Measurement[]): void;
}

/**
 * Runs scenarios one after the other. Where the signal aborts it returns what was measured by then, in a
 * report that says it is not complete.
 */
export async function runBench(options: BenchOptions): Promise<Report> {
  const { chosen, programName, now, durationMs, clients, sizeBytes, fileBytes, signal, onScenario } = options;
  const measurements: Measurement[] = [];
  for (const scenario of chosen) {
    const own: Measurement[] = [];
    try {
      if (!signal.aborted) {
        const run = await scenario.load();
        await run(options, createRecorder(scenario.name, (one) => own.push(one)));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    measurements.push(...own);
    if (own.length > 0) onScenario(scenario, own);
  }
  return {
    format: "parley-bench",
    version: REPORT_VERSION,
    startedAt: now.toISOString(),
    complete: !signal.aborted,
    environment: describeEnvironment(programName),
    settings: {
      durationMs,
      sizeBytes,
      ...(clients !== undefined && { clients }),
      ...(fileBytes !== undefined && { fileBytes }),
    },
    measurements,
  };
}
