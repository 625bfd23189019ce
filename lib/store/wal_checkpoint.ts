import type { DatabaseSync } from "node:sqlite";

/** Pages of 4 KiB in the log from which a quiet moment is used to move them into the database. */
const IDLE_PAGES = 1_000;
/** Pages from which it is done at once: a longer log under constant load would make a longer pause of it. */
const FORCED_PAGES = 4_000;
/** How long nothing must have been written to call it a quiet moment. */
const QUIET_MS = 50;

/**
 * Moves SQLite's write-ahead log into the database in quiet moments. SQLite itself would do it inside the
 * commit that makes the log 1,000 pages long, that is, many times a second just when there is most to do.
 */
export class WalCheckpoint {
  readonly #pages;
  readonly #checkpoint;
  readonly #truncate;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastWrite = 0;

  /** Takes the task over from SQLite. */
  constructor(db: DatabaseSync) {
    db.exec("PRAGMA wal_autocheckpoint = 0");
    this.#pages = db.prepare("PRAGMA wal_checkpoint(NOOP)");
    this.#checkpoint = db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
    this.#truncate = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** To be called after each transaction. */
  written(): void {
    this.#lastWrite = performance.now();
    const row = this.#pages.get();
    const pages = Number(row?.log) - Number(row?.checkpointed);
    if (pages >= FORCED_PAGES) this.#checkpoint.get();
    else if (pages >= IDLE_PAGES) this.#timer ??= setTimeout(() => this.#whenQuiet(), QUIET_MS);
  }

  /** Empties the log, before the database is closed. */
  finish(): void {
    clearTimeout(this.#timer);
    this.#truncate.get();
  }

  #whenQuiet(): void {
    const waitMs = this.#lastWrite + QUIET_MS - performance.now();
    this.#timer = waitMs > 1 ? setTimeout(() => this.#whenQuiet(), waitMs) : undefined;
    if (this.#timer === undefined) this.#checkpoint.get();
  }
}
