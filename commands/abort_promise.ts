/** A promise that rejects when a signal aborts. */
export interface AbortPromise extends Disposable {
  /** Rejects with the signal's reason. */
  readonly promise: Promise<never>;
}

/** Returns a promise to race against; disposing it takes its listener off the signal. */
export function abortPromise(signal: AbortSignal): AbortPromise {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // it may reject when nobody waits for it any more
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort);
  return { promise, [Symbol.dispose]: () => signal.removeEventListener("abort", onAbort) };
}
