import type { DatabaseSync } from "node:sqlite";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { ParleyError, StorageError } from "../errors/mod.ts";
import { toStorageError } from "./storage_error.ts";

/** What happens around each transaction. */
export interface GroupCommitHooks {
  /** In the transaction, after the last job: writes what the jobs have only noted. */
  beforeCommit(): void;
  /** After the transaction, before its jobs' outcomes are told. */
  committed(): void;
  /** After a transaction that failed: forgets what its jobs have noted. */
  aborted(): void;
  /** Gets what an outcome threw; needed where any can. */
  onError?(error: unknown): void;
}

/** Hears how a job ended, when that is on disk. The functions of a promise, or on hot paths something cheaper. */
export interface Outcome<T> {
  /** It took effect. */
  resolve(value: T): void;
  /** It did not. */
  reject(error: ParleyError): void;
}

interface Job {
  run: (argument: unknown) => unknown;
  argument: unknown;
  outcome: Outcome<unknown>;
  value: unknown;
  error: ParleyError | undefined;
}

/** Bounds how long one transaction holds up the event loop. */
const MAX_JOBS = 4_000;
/** How long after a transaction a patient job waits for others to share the next one with. */
const PATIENCE_MS = 5;

/**
 * The one writer of a database: runs all jobs of one turn of the event loop in one transaction, and tells
 * their outcomes when it is on disk. A disk's flush then costs once per turn instead of once per job.
 *
 * A job that throws a {@link ParleyError} is refused by itself, so it must not have written anything before;
 * whatever else is thrown fails the transaction with all of its jobs.
 */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #hooks: GroupCommitHooks;
  readonly #begin;
  readonly #commit;
  #queue: Job[] = [];
  #idle: Promise<void> = Promise.resolve();
  #signalIdle: (() => void) | undefined;
  #scheduled = false;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #lastTime = -Infinity;
  #closed = false;

  /** Creates a writer; nobody else may write through `db`. */
  constructor(db: DatabaseSync, hooks: GroupCommitHooks) {
    this.#db = db;
    this.#hooks = hooks;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
  }

  /**
   * Runs a job in the next transaction.
   *
   * @throws {StorageError} `storage-closed`, and whatever made the transaction fail
   */
  run<T>(job: () => T): Promise<T> {
    return new Promise((resolve, reject) => this.submit(call<T>, job, { resolve, reject }));
  }

  /** Runs a job in the next transaction with an argument; spares a hot path closures and promises. */
  submit<A, T>(run: (argument: A) => T, argument: A, outcome: Outcome<T>): void {
    if (this.#enqueue(run, argument, outcome)) this.#schedule();
  }

  /**
   * Like {@link submit}, for a job that nobody is in a hurry about: right after a transaction it waits a few
   * milliseconds for others to share the next one with.
   */
  submitPatiently<A, T>(run: (argument: A) => T, argument: A, outcome: Outcome<T>): void {
    if (!this.#enqueue(run, argument, outcome) || this.#scheduled || this.#patience !== undefined) return;
    const waitMs = this.#lastTime + PATIENCE_MS - performance.now();
    if (waitMs <= 0) return this.#schedule();
    this.#patience = setTimeout(() => {
      this.#patience = undefined;
      if (this.#queue.length > 0) this.#schedule();
    }, waitMs);
  }

  /** Refuses further jobs and waits for those that are queued. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#patience);
    if (this.#queue.length > 0) this.#schedule();
    await this.#idle;
  }

  #enqueue<A, T>(run: (argument: A) => T, argument: A, outcome: Outcome<T>): boolean {
    if (this.#closed) {
      outcome.reject(new StorageError("storage-closed", "the storage is closed"));
      return false;
    }
    const job = { run, argument, outcome, value: undefined, error: undefined };
    this.#queue.push(job as unknown as Job);
    return true;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#idle = new Promise((signal) => this.#signalIdle = signal);
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    const jobs = this.#queue.length > MAX_JOBS ? this.#queue.splice(0, MAX_JOBS) : this.#queue;
    if (jobs === this.#queue) this.#queue = [];
    this.#transact(jobs);
    this.#lastTime = performance.now();
    if (this.#queue.length > 0) {
      setImmediate(() => this.#flush());
      return;
    }
    this.#scheduled = false;
    this.#signalIdle?.();
  }

  #transact(jobs: Job[]): void {
    try {
      this.#begin.run();
      for (const job of jobs) runJob(job);
      this.#hooks.beforeCommit();
      this.#commit.run();
    } catch (error) {
      return this.#abort(jobs, error);
    }
    try {
      this.#hooks.committed();
    } finally {
      for (const job of jobs) this.#tell(job);
    }
  }

  #abort(jobs: Job[], cause: unknown): void {
    const error = toStorageError(this.#rollBack(cause));
    this.#hooks.aborted();
    for (const job of jobs) {
      job.error = error;
      this.#tell(job);
    }
  }

  /** One listener's bug must not keep the others from hearing. */
  #tell({ outcome, value, error }: Job): void {
    try {
      if (error === undefined) outcome.resolve(value);
      else outcome.reject(error);
    } catch (bug) {
      if (this.#hooks.onError === undefined) throw bug;
      this.#hooks.onError(bug);
    }
  }

  /** Returns the error to report. SQLite has rolled back by itself after some, a full disk among them. */
  #rollBack(cause: unknown): unknown {
    try {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      return cause;
    } catch (error) {
      return error;
    }
  }
}

function runJob(job: Job): void {
  try {
    job.value = job.run(job.argument);
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    job.error = error;
  }
}

function call<T>(job: () => T): T {
  return job();
}
