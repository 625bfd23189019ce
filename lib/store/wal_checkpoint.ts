import type { DatabaseSync } from "node:sqlite";
import { clearImmediate, setImmediate } from "node:timers";

/** Pages of 4 KiB in the log from which a quiet moment is used to move them into the database. */
const IDLE_PAGES = 200;
/**
 * Pages from which the next turn of the event loop is used. What was written and is deleted again by then, as nearly
 * everything is that devices fetch at once, costs nothing any more: its pages are used again, and a page goes over once.
 */
const FORCED_PAGES = 4_000;
/** How long nothing must have been written to call it a quiet moment. */
const QUIET_MS = 50;

/**
 * Moves SQLite's write-ahead log into the database in quiet moments, and under constant load in small portions
 * between two transactions. SQLite itself would do it inside the commit, before the answers go out.
 */
export class WalCheckpoint {
  readonly #pages;
  readonly #checkpoint;
  readonly #truncate;
  readonly #onError: (error: unknown) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #forced: ReturnType<typeof setImmediate> | undefined;
  #lastWrite = 0;

  /**
   * Takes the task over from SQLite. `onError` gets what failed: nothing is lost by it, the log only grows until
   * the next attempt.
   */
  constructor(db: DatabaseSync, onError: (error: unknown) => void) {
    this.#onError = onError;
    db.exec("PRAGMA wal_autocheckpoint = 0");
    this.#pages = db.prepare("PRAGMA wal_checkpoint(NOOP)");
    this.#checkpoint = db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
    this.#truncate = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** To be called after each transaction. */
  written(): void {
    this.#lastWrite = performance.now();
    this.#guard(() => {
      const row = this.#pages.get();
      const pages = Number(row?.log) - Number(row?.checkpointed);
      if (pages >= FORCED_PAGES) this.#forced ??= setImmediate(() => this.#force());
      else if (pages >= IDLE_PAGES) this.#timer ??= setTimeout(() => this.#whenQuiet(), QUIET_MS);
    });
  }

  /** Empties the log, so that nothing is left in it of what was deleted. */
  empty(): void {
    this.#guard(() => this.#truncate.get());
  }

  /** Empties the log, before the database is closed. */
  finish(): void {
    clearTimeout(this.#timer);
    if (this.#forced !== undefined) clearImmediate(this.#forced);
    this.empty();
  }

  #force(): void {
    this.#forced = undefined;
    this.#guard(() => this.#checkpoint.get());
  }

  #whenQuiet(): void {
    const waitMs = this.#lastWrite + QUIET_MS - performance.now();
    this.#timer = waitMs > 1 ? setTimeout(() => this.#whenQuiet(), waitMs) : undefined;
    if (this.#timer === undefined) this.#guard(() => this.#checkpoint.get());
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#onError(error);
    }
  }
}
