import { clearInterval, setInterval } from "node:timers";

/**
 * Calls `onTick` regularly with the milliseconds since the last time. Does not keep the process alive. A
 * process that was suspended counts one tick only, for it could not have heard anything.
 */
export function startTicker(periodMs: number, onTick: (elapsedMs: number) => void): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const elapsedMs = Math.min(now - last, periodMs * 2);
    last = now;
    onTick(elapsedMs);
  }, periodMs).unref();
  return () => clearInterval(timer);
}

/** A period fine enough to keep the shortest of some times to a quarter, and never finer than 10 ms. */
export function tickPeriodMs(...timesMs: number[]): number {
  return Math.min(1_000, Math.max(10, Math.min(...timesMs) / 4));
}
