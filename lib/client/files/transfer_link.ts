import { NetworkError, ParleyError, TimeoutError } from "../../errors/mod.ts";
import { backoffDelays, type ClientConnection, pause } from "../../transport/mod.ts";
import { isPassing } from "../is_passing.ts";

/** A connection for one attempt at a transfer. */
export interface Attempt {
  /** Connected and greeted. */
  connection: ClientConnection;
  /** Ends the attempt: by the caller, or for want of progress. */
  signal: AbortSignal;
  /** To be called whenever something has got through. */
  progressed(): void;
}

/** How long to try. */
export interface LinkOptions {
  /** Ends it all. */
  signal: AbortSignal;
  /** Without progress for so long, it is given up. */
  patienceMs: number;
}

/** Requests of a transfer wait for their turn on a slow line; that there is progress is watched over otherwise. */
export const TRANSFER_TIMEOUT_MS: number = 24 * 60 * 60_000;

const DEFAULT_PATIENCE_MS = 60_000;
/** What another attempt may mend besides what {@link isPassing} names: the relay has too much to do now. */
const PASSING_CODES: ReadonlySet<string> = new Set(["blob-busy", "rate-limited", "too-many-connections"]);

/**
 * A connection to the relay for transfers alone, so that messages on the main one do not wait behind them. It is made
 * when it is needed, and anew whenever it is lost.
 */
export class TransferLink {
  readonly #connect: (signal: AbortSignal) => Promise<ClientConnection>;
  #connection: Promise<ClientConnection> | undefined;

  /** Takes what connects and greets. */
  constructor(connect: (signal: AbortSignal) => Promise<ClientConnection>) {
    this.#connect = connect;
  }

  /**
   * Works until it succeeds, with new attempts after what may pass, as long as there is progress.
   *
   * @throws whatever `work` throws that another attempt cannot mend, or still throws when patience is over
   * @throws the reason of the signal
   */
  async run<T>(work: (attempt: Attempt) => Promise<T>, options: Partial<LinkOptions> = {}): Promise<T> {
    const { signal = new AbortController().signal, patienceMs = DEFAULT_PATIENCE_MS } = options;
    let delays = backoffDelays();
    let lastProgress = performance.now();
    const progressed = () => {
      lastProgress = performance.now();
      delays = backoffDelays();
    };
    for (;;) {
      signal.throwIfAborted();
      try {
        return await this.#attempt(work, progressed, { signal, patienceMs });
      } catch (error) {
        await this.#drop(error);
        signal.throwIfAborted();
        const delayMs = delays.next().value;
        if (!isWorthAnotherAttempt(error) || performance.now() + delayMs - lastProgress >= patienceMs) {
          throw error;
        }
        await pause(delayMs, signal);
      }
    }
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    this.#connection = undefined;
    await connection?.close();
  }

  async #attempt<T>(
    work: (attempt: Attempt) => Promise<T>,
    progressed: () => void,
    { signal, patienceMs }: LinkOptions,
  ): Promise<T> {
    const watchdog = new AbortController();
    const stalled = () =>
      watchdog.abort(new TimeoutError("transfer-stalled", "the transfer makes no progress"));
    let timer = setTimeout(stalled, patienceMs);
    try {
      const both = AbortSignal.any([signal, watchdog.signal]);
      const connection = await this.#connected(both);
      return await work({
        connection,
        signal: both,
        progressed: () => {
          clearTimeout(timer);
          timer = setTimeout(stalled, patienceMs);
          progressed();
        },
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Two transfers at once share the connection. */
  async #connected(signal: AbortSignal): Promise<ClientConnection> {
    const connecting = this.#connection ??= this.#connect(signal);
    try {
      const connection = await connecting;
      void connection.closed.then(() => this.#forget(connecting));
      return connection;
    } catch (error) {
      this.#forget(connecting);
      if (error instanceof ParleyError || signal.aborted) throw error;
      // Another transfer had begun to connect, and was broken off.
      throw new NetworkError("connection-lost", "the connection was lost", { cause: error });
    }
  }

  /** After an answer that says no the connection is as good as before; else what is on its way must not go on. */
  async #drop(error: unknown): Promise<void> {
    if (error instanceof ParleyError && ["protocol", "storage", "usage"].includes(error.kind)) return;
    const connecting = this.#connection;
    this.#connection = undefined;
    const connection = await connecting?.catch(() => undefined);
    await connection?.close();
  }

  #forget(connecting: Promise<ClientConnection>): void {
    if (this.#connection === connecting) this.#connection = undefined;
  }
}

function isWorthAnotherAttempt(error: unknown): boolean {
  return isPassing(error) || error instanceof ParleyError && PASSING_CODES.has(error.code);
}
