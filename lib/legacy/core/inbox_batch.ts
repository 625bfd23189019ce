import { setImmediate } from "node:timers";
import type { StorageError } from "../../errors/mod.ts";
import type { Inbox, NewMessage } from "./inbox.ts";

/** A batch is written at this length, before the turn is over, too. */
const MAX_HELD = 1000;

interface Held {
  readonly message?: NewMessage;
  readonly done: (error: StorageError | undefined) => void;
}

/** Writes what comes for an {@link Inbox} in one turn at once, and tells only then that it is safe. */
export class InboxBatch {
  readonly #inbox: Inbox;
  #held: Held[] = [];

  /** Batches for this inbox. */
  constructor(inbox: Inbox) {
    this.#inbox = inbox;
  }

  /** Keeps a message; `done` is called when it is on disk, or with the error that `Inbox.put` would throw. */
  keep(message: NewMessage, done: (error: StorageError | undefined) => void): void {
    this.#hold({ message, done });
  }

  /** Calls `done` behind what is held; at once where there is nothing. */
  after(done: () => void): void {
    if (this.#held.length === 0) done();
    else this.#hold({ done });
  }

  /** Writes what is held, without waiting for the end of the turn. */
  flush(): void {
    const held = this.#held;
    this.#held = [];
    const refused = this.#inbox.putAll(held.flatMap(({ message }) => message ?? []));
    for (const { message, done } of held) done(message && refused.get(message));
  }

  /** Writes what is held and closes the inbox. */
  [Symbol.dispose](): void {
    this.flush();
    this.#inbox[Symbol.dispose]();
  }

  #hold(held: Held): void {
    this.#held.push(held);
    if (this.#held.length === 1) setImmediate(() => this.flush());
    else if (this.#held.length >= MAX_HELD) this.flush();
  }
}
