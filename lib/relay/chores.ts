/** Something that a relay does unasked. */
export interface Chore {
  /** What to say where it fails. */
  failure: string;
  /** Does it. */
  work: () => Promise<void> | void;
}

/** What a relay does unasked, once or again and again: each chore fails by itself, and none is cut off at the end. */
export class Chores {
  readonly #onFailure: (failure: string, error: unknown) => void;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  readonly #running = new Set<Promise<void>>();

  /** Tells `onFailure` what went wrong. */
  constructor(onFailure: (failure: string, error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Does a chore again and again until {@link stop}; leaves a turn out where the one before it is not over. */
  every(periodMs: number, chore: Chore): void {
    let isRunning = false;
    const timer = setInterval(() => {
      if (isRunning) return;
      isRunning = true;
      this.#run(chore, () => isRunning = false);
    }, periodMs);
    this.#timers.push(timer);
  }

  /** Does a chore once. */
  once(chore: Chore): void {
    this.#run(chore, () => {});
  }

  /** Begins nothing again. */
  stop(): void {
    this.#timers.forEach(clearInterval);
  }

  /** Waits for what is under way. */
  async finished(): Promise<void> {
    await Promise.all(this.#running);
  }

  #run({ failure, work }: Chore, done: () => void): void {
    const running = Promise.try(work).catch((error) => this.#onFailure(failure, error)).finally(() => {
      this.#running.delete(running);
      done();
    });
    this.#running.add(running);
  }
}
