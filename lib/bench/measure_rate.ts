import type { ScenarioSettings } from "./scenario.ts";

/** Rounds of one figure; the spread is that of their rates. */
const ROUNDS = 5;
/** Work between two looks at the clock, which is not free. */
const BATCH_MS = 1;

/**
 * Measures how often something can be done in a second, one after the other: first a warm-up as long as one
 * round, then five rounds, together as long as the settings say. Each round does it at least once.
 *
 * @returns the rate of each round
 * @throws the reason of the signal where it aborts between two rounds
 */
export async function measureRate(
  operation: () => unknown,
  { durationMs, signal }: Pick<ScenarioSettings, "durationMs" | "signal">,
): Promise<number[]> {
  const roundMs = durationMs / ROUNDS;
  const warm = await runRound(operation, roundMs, 1);
  const batch = Math.max(1, Math.floor(warm * BATCH_MS / 1_000));
  const rates: number[] = [];
  while (rates.length < ROUNDS) {
    // A round of synchronous work would keep Ctrl-C waiting for all of them.
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    rates.push(await runRound(operation, roundMs, batch));
  }
  return rates;
}

async function runRound(operation: () => unknown, roundMs: number, batch: number): Promise<number> {
  const began = performance.now();
  let count = 0, elapsedMs = 0;
  do {
    for (let i = 0; i < batch; i++) {
      const result = operation();
      if (result instanceof Promise) await result;
    }
    count += batch;
    elapsedMs = performance.now() - began;
  } while (elapsedMs < roundMs);
  return count / elapsedMs * 1_000;
}
