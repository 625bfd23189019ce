import { NetworkError, type ParleyError, toParleyError } from "../../errors/mod.ts";
import type { ProfileServer } from "./profile.ts";
import { RawConnection, type RawConnectionOptions } from "./raw_connection.ts";

/** How to listen. */
export interface RawListenerOptions extends RawConnectionOptions {
  /** Name or address to bind. */
  readonly hostname: string;
  /** Ports to bind; 0 for any. */
  readonly ports: readonly number[];
  /** Connections at a time; more are closed at once. Default 1,000. */
  readonly maxConnections?: number;
  /**
   * Holds the conversation with one client. When it returns, the connection is closed after what was written
   * has gone out; when it throws, `onFailure` is told and the connection is closed at once.
   */
  readonly converse: (connection: RawConnection) => Promise<void>;
  /** Gets what a conversation has thrown. The server lives on. */
  readonly onFailure: (connection: RawConnection, error: ParleyError) => void;
}

const MAX_CONNECTIONS = 1000;
const ACCEPT_RETRY_MS = 50;
/** How long a client may take to read its last messages. */
const LINGER_MS = 30_000;

/**
 * Listens for plain TCP connections and holds a conversation with each.
 *
 * @throws {NetworkError} `listen-failed`
 */
export function listenRaw(options: RawListenerOptions): ProfileServer {
  const listeners: Deno.TcpListener[] = [];
  try {
    for (const port of options.ports) listeners.push(bind(options.hostname, port));
  } catch (error) {
    for (const listener of listeners) listener.close();
    throw error;
  }
  return new RawListener(listeners, options);
}

class RawListener implements ProfileServer {
  readonly addresses: { hostname: string; port: number }[];
  readonly #listeners: readonly Deno.TcpListener[];
  readonly #options: RawListenerOptions;
  readonly #connections = new Map<RawConnection, Promise<void>>();
  readonly #accepting: Promise<void>[];
  #closing = false;

  constructor(listeners: readonly Deno.TcpListener[], options: RawListenerOptions) {
    this.#listeners = listeners;
    this.#options = options;
    this.addresses = listeners.map(({ addr: { hostname, port } }) => ({ hostname, port }));
    this.#accepting = listeners.map((listener) => this.#accept(listener));
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      for (const listener of this.#listeners) listener.close();
      for (const connection of this.#connections.keys()) connection.close();
    }
    await Promise.all([...this.#accepting, ...this.#connections.values()]);
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    while (!this.#closing) {
      try {
        this.#take(await listener.accept());
      } catch (error) {
        // Out of descriptors, or the client was gone before it was accepted: there is no event to wait for.
        if (!this.#closing) await new Promise((resolve) => setTimeout(resolve, ACCEPT_RETRY_MS));
        else if (!(error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted)) {
          throw error;
        }
      }
    }
  }

  #take(conn: Deno.TcpConn): void {
    const { maxConnections = MAX_CONNECTIONS } = this.#options;
    if (this.#closing || this.#connections.size >= maxConnections) return conn.close();
    const connection = new RawConnection(conn, this.#options);
    this.#connections.set(connection, this.#hold(connection));
  }

  async #hold(connection: RawConnection): Promise<void> {
    try {
      await this.#options.converse(connection);
      connection.closeAfter(LINGER_MS);
      await connection.end();
    } catch (error) {
      this.#options.onFailure(connection, toParleyError(error));
    } finally {
      connection.close();
      this.#connections.delete(connection);
    }
  }
}

function bind(hostname: string, port: number): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (cause) {
    throw new NetworkError("listen-failed", `cannot listen on ${hostname}:${port}`, {
      hint: "is the port taken?",
      cause,
    });
  }
}
