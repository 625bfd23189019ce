import { type ErrorKind, type ParleyError, toParleyError } from "../errors/mod.ts";
import { backoffDelays, type BackoffOptions } from "./backoff.ts";
import type { ClientConnection } from "./connection.ts";
import { pause } from "./pause.ts";

/** How to stay connected. */
export interface KeepConnectedOptions {
  /** Connects once; usually calls `dial` with the signal. */
  connect(signal: AbortSignal): Promise<ClientConnection>;
  /** Gets every new connection. What it throws or rejects with closes the connection and ends it all. */
  onConnection(connection: ClientConnection): void | Promise<void>;
  /** Hears why there is no connection now, and when the next attempt follows. */
  onWaiting?(error: ParleyError | undefined, delayMs: number): void;
  /** Ends it all. */
  signal: AbortSignal;
  /** How waiting times grow. */
  backoff?: BackoffOptions;
  /** A connection that lasted this long starts the waiting times anew when it is lost. Default 10,000. */
  stableAfterMs?: number;
}

/** What another attempt cannot mend: a revoked or untrusted certificate, a wrong option, another protocol. */
const final: ReadonlySet<ErrorKind> = new Set(["authentication", "usage", "protocol"]);

/**
 * Connects, and connects again after each loss, with growing and jittered waiting times. Resolves when `signal`
 * aborts; the connection is closed by then.
 *
 * @throws {AuthenticationError} where either side refuses the other's certificate
 * @throws {UsageError} where the options cannot work
 * @throws {ProtocolError} where the other end does not speak the protocol
 * @throws whatever `onConnection` throws
 */
export async function keepConnected(options: KeepConnectedOptions): Promise<void> {
  const { signal, stableAfterMs = 10_000 } = options;
  let delays = backoffDelays(options.backoff);
  while (!signal.aborted) {
    const began = performance.now();
    const reason = await connectOnce(options);
    if (signal.aborted) return;
    if (reason !== undefined && final.has(reason.kind)) throw reason;
    if (performance.now() - began >= stableAfterMs) delays = backoffDelays(options.backoff);
    const delayMs = delays.next().value;
    options.onWaiting?.(reason, delayMs);
    await pause(delayMs, signal);
  }
}

/** Keeps one connection until it is over, and returns why it is. */
async function connectOnce(options: KeepConnectedOptions): Promise<ParleyError | undefined> {
  const { signal } = options;
  let connection: ClientConnection;
  try {
    connection = await options.connect(signal);
  } catch (error) {
    return toParleyError(error);
  }
  const onAbort = () => void connection.close();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    await options.onConnection(connection);
    return await connection.closed;
  } catch (error) {
    await connection.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
