/** Something that may be under way, which is waited for, but not for ever. */
export class TimedWait {
  readonly #limitMs: number;
  #current: PromiseWithResolvers<void> & { readonly timer: ReturnType<typeof setTimeout> } | undefined;

  /** Nothing is under way; what will be is waited for so long at most. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Resolves when nothing is under way any more, or has been for too long. */
  get over(): Promise<void> {
    return this.#current?.promise ?? Promise.resolve();
  }

  /** It is under way; where it was already, nothing changes. */
  begin(): void {
    if (this.#current !== undefined) return;
    const over = Promise.withResolvers<void>();
    this.#current = { ...over, timer: setTimeout(over.resolve, this.#limitMs) };
  }

  /** It is over. */
  end(): void {
    clearTimeout(this.#current?.timer);
    this.#current?.resolve();
    this.#current = undefined;
  }
}
