/** How waiting times grow. */
export interface BackoffOptions {
  /** Upper bound of the first delay. Default 250. */
  firstMs?: number;
  /** Upper bound of every delay. Default 30,000. */
  maxMs?: number;
  /** Uniform in [0, 1). Default `Math.random`. */
  random?: () => number;
}

/**
 * Yields delays in milliseconds without end: each lies between a half and the whole of a bound that doubles
 * from `firstMs` to `maxMs`, so that clients which lost a relay together do not come back together.
 */
export function* backoffDelays(options: BackoffOptions = {}): Generator<number, never, void> {
  const { firstMs = 250, maxMs = 30_000, random = Math.random } = options;
  for (let boundMs = Math.min(firstMs, maxMs);; boundMs = Math.min(boundMs * 2, maxMs)) {
    yield boundMs / 2 + random() * boundMs / 2;
  }
}
