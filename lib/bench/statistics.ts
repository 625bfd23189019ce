/** Repeated measurements of one figure in few numbers. */
export interface Summary {
  /** The one in the middle. */
  readonly median: number;
  /** The least. */
  readonly low: number;
  /** The greatest. */
  readonly high: number;
  /** How many there were. */
  readonly rounds: number;
}

/** What may be said of two summaries of the same figure. */
export type Verdict = "better" | "worse" | "unclear";

/**
 * Sums measurements up.
 *
 * @throws {RangeError} where there is none
 */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  return { median: percentile(sorted, 0.5), low: sorted[0]!, high: sorted.at(-1)!, rounds: sorted.length };
}

/**
 * The medians of so many parts of a series, one after the other, in place of its single values: what a summary
 * of many quick operations is to be made of, for the slowest of a thousand says nothing about their spread.
 */
export function mediansOfRounds(samples: readonly number[], rounds: number): number[] {
  const size = Math.max(1, Math.floor(samples.length / rounds));
  const medians: number[] = [];
  for (let at = 0; at + size <= samples.length && medians.length < rounds; at += size) {
    medians.push(percentile(samples.slice(at, at + size).sort((a, b) => a - b), 0.5));
  }
  return medians;
}

/**
 * The value below which a share of ascending values lies, by linear interpolation between neighbours.
 *
 * @throws {RangeError} where there is no value
 */
export function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) throw new RangeError("no values");
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)]!, above = sorted[Math.ceil(at)]!;
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * Says whether the second summary is better than the first. It says so only where every round of one lies
 * beyond every round of the other and both have at least three rounds: otherwise chance may have done it.
 */
export function judge(before: Summary, after: Summary, better: "higher" | "lower"): Verdict {
  if (before.rounds < 3 || after.rounds < 3) return "unclear";
  if (after.low > before.high) return better === "higher" ? "better" : "worse";
  if (after.high < before.low) return better === "higher" ? "worse" : "better";
  return "unclear";
}
