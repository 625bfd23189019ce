import { betterOf, type Measurement } from "./measurement.ts";
import type { Report } from "./report.ts";
import { judge, type Verdict } from "./statistics.ts";

/** One figure in two reports. */
export interface Comparison {
  /** The figure before. */
  readonly before: Measurement;
  /** The figure now. */
  readonly after: Measurement;
  /** The median now divided by the one before; undefined where that was 0. */
  readonly ratio: number | undefined;
  /** Whether it got better or worse, where the spread allows to say so. */
  readonly verdict: Verdict;
}

/** Compares the figures that are in both reports; a figure is the same by its scenario, name and unit. */
export function compareReports(before: Report, after: Report): Comparison[] {
  const known = new Map(before.measurements.map((one) => [keyOf(one), one]));
  return after.measurements.flatMap((after) => {
    const before = known.get(keyOf(after));
    if (before === undefined) return [];
    const ratio = before.median > 0 ? after.median / before.median : undefined;
    return [{ before, after, ratio, verdict: judge(before, after, betterOf(after.unit)) }];
  });
}

/** Says where two reports were made under other circumstances, one clause each. */
export function findDifferences(before: Report, after: Report): string[] {
  const facts = (report: Report): [string, unknown][] => [
    ...Object.entries(report.environment),
    ["duration", report.settings.durationMs],
    ["clients", report.settings.clients ?? "as usual"],
    ["size", report.settings.sizeBytes],
    ["file size", report.settings.fileBytes ?? "as usual"],
  ];
  const now = new Map(facts(after));
  return facts(before).filter(([name, value]) => now.get(name) !== value)
    .map(([name, value]) => `${name}: ${value} before, ${now.get(name)} now`);
}

function keyOf({ scenario, name, unit }: Measurement): string {
  return JSON.stringify([scenario, name, unit]);
}
