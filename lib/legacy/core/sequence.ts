/** Does what it is given one after the other, whatever comes of each. */
export class Sequence {
  #last: Promise<unknown> = Promise.resolve();

  /** Does this when all before it is done; resolves or rejects as it does. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {}); // whoever asked is told
    return result;
  }
}
