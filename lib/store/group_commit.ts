import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { ParleyError, StorageError } from "../errors/mod.ts";
import { toStorageError } from "./storage_error.ts";

/** What happens around each transaction. */
export interface GroupCommitHooks {
  /** In the transaction, after the last job: writes what the jobs have only noted. */
  beforeCommit(): void;
  /** After the transaction, when its jobs' promises are settled. */
  committed(): void;
  /** After a transaction that failed: forgets what its jobs have noted. */
  aborted(): void;
}

interface Job {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: ParleyError) => void;
}

/** Bounds how long one transaction holds up the event loop. */
const MAX_JOBS = 4_000;

/**
 * The one writer of a database: runs all jobs of one turn of the event loop in one transaction, and settles
 * their promises when it is on disk. A disk's flush then costs once per turn instead of once per job.
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
  run<T>(run: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StorageError("storage-closed", "the storage is closed"));
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#queue.push({ run, resolve: resolve as (value: unknown) => void, reject });
    if (this.#signalIdle === undefined) {
      this.#idle = new Promise((signal) => this.#signalIdle = signal);
      setImmediate(() => this.#flush());
    }
    return promise;
  }

  /** Refuses further jobs and waits for those that are queued. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#idle;
  }

  #flush(): void {
    const jobs = this.#queue.splice(0, MAX_JOBS);
    const settle = this.#transact(jobs);
    settle();
    if (this.#queue.length > 0) {
      setImmediate(() => this.#flush());
      return;
    }
    this.#signalIdle?.();
    this.#signalIdle = undefined;
  }

  /** Runs the jobs and returns what tells their callers. */
  #transact(jobs: Job[]): () => void {
    const outcomes: (() => void)[] = [];
    try {
      this.#begin.run();
      for (const job of jobs) outcomes.push(runJob(job));
      this.#hooks.beforeCommit();
      this.#commit.run();
    } catch (error) {
      return this.#abort(jobs, error);
    }
    return () => {
      for (const tell of outcomes) tell();
      this.#hooks.committed();
    };
  }

  #abort(jobs: Job[], cause: unknown): () => void {
    const error = toStorageError(this.#rollBack(cause));
    this.#hooks.aborted();
    return () => {
      for (const job of jobs) job.reject(error);
    };
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

function runJob(job: Job): () => void {
  try {
    const value = job.run();
    return () => job.resolve(value);
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    return () => job.reject(error);
  }
}
