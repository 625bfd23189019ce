import { TimeoutError } from "../lib/errors/mod.ts";
import { abortPromise } from "./abort_promise.ts";

/**
 * Runs work for so long at most; for ever where `limitMs` is undefined. The signal that the work gets aborts when
 * the time is up or `signal` aborts.
 *
 * @throws {TimeoutError} `timeout`, at once, whatever the work does
 */
export async function withTimeLimit<T>(
  limitMs: number | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (limitMs === undefined) return await work(signal);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(timeIsUp()), limitMs);
  try {
    using timedOut = abortPromise(limit.signal);
    const working = work(AbortSignal.any([signal, limit.signal]));
    working.catch(() => {}); // it may fail after its time
    return await Promise.race([working, timedOut.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function timeIsUp(): TimeoutError {
  return new TimeoutError("timeout", "the time is up", {
    hint: "the message is safe and goes out all the same; 'parley status ID' tells how far it is",
  });
}
