/** What is under way at once, bounded. The first failure is thrown to whoever waits next. */
export class Flights {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #count = 0;
  #failure: { reason: unknown } | undefined;

  /** Allows so many at once. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Adds one; resolves when there is room for another. */
  async add(flight: Promise<unknown>): Promise<void> {
    this.#count++;
    flight.catch((reason) => this.#failure ??= { reason }).finally(() => {
      this.#count--;
      this.#waiting.shift()?.();
    });
    await this.#until(this.#max - 1);
  }

  /** Resolves when nothing is under way any more. */
  landed(): Promise<void> {
    return this.#until(0);
  }

  async #until(count: number): Promise<void> {
    while (this.#failure === undefined && this.#count > count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}
