/** How often something may happen. */
export interface Rate {
  /** In the long run. */
  perSecond: number;
  /** At once, after a rest. */
  burst: number;
}

interface Bucket {
  tokens: number;
  time: number;
}

/** Above so many keys those are forgotten that have rested long enough to be as good as new. */
const MAX_KEYS = 10_000;

/** Allows each key a number of things at once and a rate in the long run (a token bucket for each). */
export class RateLimiter {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** Creates a limiter; `now` counts milliseconds and never goes back. */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Whether the key may do one more thing now; if so, it has. */
  take(key: string): boolean {
    const time = this.#now();
    const bucket = this.#buckets.get(key) ?? this.#addBucket(key, time);
    bucket.tokens = this.#refilled(bucket, time);
    bucket.time = time;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #addBucket(key: string, time: number): Bucket {
    if (this.#buckets.size >= MAX_KEYS) this.#forgetRested(time);
    const bucket = { tokens: this.#rate.burst, time };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #refilled({ tokens, time }: Bucket, now: number): number {
    return Math.min(this.#rate.burst, tokens + (now - time) / 1_000 * this.#rate.perSecond);
  }

  #forgetRested(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#refilled(bucket, now) >= this.#rate.burst) this.#buckets.delete(key);
    }
  }
}
