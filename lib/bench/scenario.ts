import type { Measurement, Unit } from "./measurement.ts";
import { summarize } from "./statistics.ts";

/** What a scenario is told. */
export interface ScenarioSettings {
  /** How long each figure is measured, in milliseconds. */
  readonly durationMs: number;
  /** Pairs of clients, or members of a group; each scenario has its own numbers where it is absent. */
  readonly clients?: number;
  /** Bytes of a message. */
  readonly sizeBytes: number;
  /** Bytes of a file; as large as the duration allows where it is absent. */
  readonly fileBytes?: number;
  /** The command line that starts this program again, without arguments of its own. */
  readonly program: readonly string[];
  /** Aborted when the run has to end; what was measured by then counts. */
  readonly signal: AbortSignal;
  /** Hears what is being done, for whoever waits. */
  onProgress(doing: string): void;
}

/** Takes the figures of one scenario. */
export type Recorder = (
  name: string,
  unit: Unit,
  samples: readonly number[],
  more?: Pick<Measurement, "bytesPerOperation" | "note">,
) => void;

/** A part of the benchmark that can be asked for by name. */
export interface Scenario {
  /** The name as it is typed. */
  readonly name: string;
  /** What it measures, a clause without full stop. */
  readonly brief: string;
  /** Loads what measures it, which throws the reason of the signal where that aborts. */
  load(): Promise<(settings: ScenarioSettings, record: Recorder) => Promise<void>>;
}

/** Makes the recorder of a scenario. */
export function createRecorder(scenario: string, onMeasurement: (one: Measurement) => void): Recorder {
  return (name, unit, samples, more = {}) => {
    onMeasurement({ scenario, name, unit, ...summarize(samples), ...more });
  };
}
