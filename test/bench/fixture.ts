import type { Measurement, Report } from "../../lib/bench/mod.ts";

/** A figure of a test. */
export function figure(name: string, median: number, more: Partial<Measurement> = {}): Measurement {
  const low = median * 0.9, high = median * 1.1;
  return { scenario: "crypto", name, unit: "ops/s", median, low, high, rounds: 5, ...more };
}

/** A report of a test. */
export function reportOf(...measurements: Measurement[]): Report {
  return {
    format: "parley-bench",
    version: 1,
    startedAt: "2026-01-02T03:04:05.000Z",
    complete: true,
    environment: { program: "parley 0.1.0", runtime: "deno 2.9.6", platform: "x86_64", cores: 2 },
    settings: { durationMs: 1_000, sizeBytes: 1024 },
    measurements,
  };
}
