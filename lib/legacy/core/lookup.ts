/** What has been looked up, by name, and is not looked up again; what has failed is. */
export class Lookup<Found> {
  readonly #find: (name: string) => Promise<Found>;
  readonly #found = new Map<string, Promise<Found>>();

  /** Looks up with `find`. */
  constructor(find: (name: string) => Promise<Found>) {
    this.#find = find;
  }

  /** Finds what has this name; it rejects as `find` does. */
  get(name: string): Promise<Found> {
    const known = this.#found.get(name) ?? this.#find(name);
    this.#found.set(name, known);
    known.catch(() => this.#found.delete(name));
    return known;
  }

  /** The names that were looked up and found, or are still looked for. */
  names(): string[] {
    return [...this.#found.keys()];
  }
}
