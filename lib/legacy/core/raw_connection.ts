import { NetworkError } from "../../errors/mod.ts";
import { MessageReader, type MessageReaderOptions } from "./message_reader.ts";
import { MessageWriter } from "./message_writer.ts";

/** How a connection reads and writes. */
export interface RawConnectionOptions extends MessageReaderOptions {
  /** See {@link MessageWriterOptions.gapMs}; 0 for batches. */
  readonly gapMs: number;
}

/** A plain TCP connection, as the classic systems use it: nothing on it is encrypted or authenticated. */
export class RawConnection {
  /** The peer's address and port, as text. */
  readonly peer: string;
  /** What arrives. */
  readonly reader: MessageReader;
  /** What goes out. */
  readonly writer: MessageWriter;
  readonly #conn: Deno.TcpConn;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** Takes over an open connection. */
  constructor(conn: Deno.TcpConn, options: RawConnectionOptions) {
    this.#conn = conn;
    const { hostname, port } = conn.remoteAddr;
    this.peer = `${hostname}:${port}`;
    conn.setNoDelay(true);
    conn.setKeepAlive(true); // a client whose machine has gone is noticed some day
    this.reader = new MessageReader({ read: (into) => this.#read(into) }, options);
    this.writer = new MessageWriter(conn, { gapMs: options.gapMs, onFailure: () => this.close() });
  }

  /** Whether this end has closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Closes the connection unless it is told otherwise within that time; undefined takes the deadline back. */
  closeAfter(ms: number | undefined): void {
    clearTimeout(this.#deadline);
    this.#deadline = ms === undefined || this.#closed ? undefined : setTimeout(() => this.close(), ms);
  }

  /** Waits for what must be over within that time, or the connection is closed. */
  async within<T>(ms: number, work: Promise<T>): Promise<T> {
    this.closeAfter(ms);
    const result = await work;
    this.closeAfter(undefined);
    return result;
  }

  /** Closes when what was written has gone out. */
  async end(): Promise<void> {
    await this.writer.flushed();
    this.close();
  }

  /** Closes at once; a read that is under way sees the end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.closeAfter(undefined);
    this.writer.stop();
    this.#conn.close();
  }

  /** A peer that has reset its connection has ended, too. */
  async #read(into: Uint8Array): Promise<number | null> {
    try {
      return this.#closed ? null : await this.#conn.read(into);
    } catch (error) {
      if (this.#closed || isDisconnect(error)) return null;
      throw error;
    }
  }
}

/** Opens a plain TCP connection.
 *
 * @throws {NetworkError} `connect-failed`
 */
export async function dialRaw(
  address: { readonly hostname: string; readonly port: number; readonly signal?: AbortSignal },
  options: RawConnectionOptions,
): Promise<RawConnection> {
  const { hostname, port, signal } = address;
  try {
    return new RawConnection(await Deno.connect({ hostname, port, ...(signal && { signal }) }), options);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new NetworkError("connect-failed", `cannot connect to ${hostname}:${port}`, {
      hint: "is the server running, and is this its port?",
      cause,
    });
  }
}

function isDisconnect(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.TimedOut;
}
