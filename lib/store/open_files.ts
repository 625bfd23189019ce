interface Closable {
  close(): Promise<void>;
}

interface Opened<T> {
  item: Promise<T>;
  users: number;
  /** Set where it is to be closed when its last user has left. */
  onIdle: (() => void) | undefined;
}

/**
 * Keeps open what is used by name, so much at once; what has not been used for longest is closed first, and
 * nothing while it is in use.
 */
export class OpenFiles<T extends Closable> {
  readonly #max: number;
  readonly #open: (name: string) => Promise<T>;
  readonly #opened = new Map<string, Opened<T>>();

  /** Creates a keeper that opens with `open` what is asked for. */
  constructor(max: number, open: (name: string) => Promise<T>) {
    this.#max = max;
    this.#open = open;
  }

  /** Uses what has this name; it is opened where it is not. */
  async use<R>(name: string, work: (item: T) => Promise<R> | R): Promise<R> {
    const opened = this.#opened.get(name) ?? { item: this.#open(name), users: 0, onIdle: undefined };
    this.#opened.delete(name);
    this.#opened.set(name, opened);
    opened.users++;
    try {
      return await work(await this.#itemOf(name, opened));
    } finally {
      opened.users--;
      if (opened.users === 0) opened.onIdle?.();
      await this.#makeRoom();
    }
  }

  /** Closes what has this name, when its last user has left; from now on it is opened anew. */
  async close(name: string): Promise<void> {
    const opened = this.#opened.get(name);
    if (opened === undefined) return;
    this.#opened.delete(name);
    if (opened.users > 0) await new Promise<void>((resolve) => opened.onIdle = resolve);
    const item = await opened.item.catch(() => undefined);
    await item?.close();
  }

  /** Closes what nobody uses now. */
  async closeIdle(): Promise<void> {
    await this.#closeEach([...this.#opened].filter(([, { users }]) => users === 0));
  }

  /** Closes everything, when its users have left. */
  async closeAll(): Promise<void> {
    await this.#closeEach([...this.#opened]);
  }

  /** Whether something is open under a name. */
  has(name: string): boolean {
    return this.#opened.has(name);
  }

  /** One that fails keeps none of the others open. */
  async #closeEach(each: [name: string, Opened<T>][]): Promise<void> {
    const results = await Promise.allSettled(each.map(([name]) => this.close(name)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** What failed to open is not kept. */
  async #itemOf(name: string, opened: Opened<T>): Promise<T> {
    try {
      return await opened.item;
    } catch (error) {
      if (this.#opened.get(name) === opened) this.#opened.delete(name);
      throw error;
    }
  }

  async #makeRoom(): Promise<void> {
    if (this.#opened.size <= this.#max) return;
    for (const [name, { users }] of [...this.#opened]) {
      if (this.#opened.size <= this.#max) return;
      if (users === 0) await this.close(name);
    }
  }
}
