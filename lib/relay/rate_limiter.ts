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
  /** So many are taken before the clock is read again. */
  unread: number;
}

/** Above so many keys those are forgotten that have rested long enough to be as good as new. */
const MAX_KEYS = 10_000;

/** Allows each key a number of things at once and a rate in the long run (a token bucket for each). */
export class RateLimiter {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #takesPerReading: number;
  readonly #buckets = new Map<string, Bucket>();

  /** Creates a limiter; `now` counts milliseconds and never goes back. */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    // Reading the clock costs more than all else here. What it saves can exceed the burst by a thousandth.
    this.#takesPerReading = Math.floor(rate.burst / 1_000);
    this.#now = now;
  }

  /** Whether the key may do one more thing now; if so, it has. */
  take(key: string): boolean {
    const bucket = this.#buckets.get(key) ?? this.#addBucket(key);
    if (bucket.unread === 0 || bucket.tokens < 1) this.#refill(bucket);
    if (bucket.tokens < 1) return false;
    bucket.unread--;
    bucket.tokens--;
    return true;
  }

  #addBucket(key: string): Bucket {
    const time = this.#now();
    if (this.#buckets.size >= MAX_KEYS) this.#forgetRested(time);
    const bucket = { tokens: this.#rate.burst, time, unread: 0 };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #refill(bucket: Bucket): void {
    const time = this.#now();
    bucket.tokens = this.#refilled(bucket, time);
    bucket.time = time;
    bucket.unread = this.#takesPerReading;
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
