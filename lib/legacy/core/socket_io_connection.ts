import type { Socket } from "socket.io-client";
import { NetworkError } from "../../errors/mod.ts";
import type { ConnectOptions } from "./profile.ts";
import { importClient } from "./socket_io.ts";

const CONNECT_MS = 10_000;
const CLOSE_MS = 2000;

/** Where to connect. */
export interface SocketIoAddress extends Pick<ConnectOptions, "hostname" | "signal"> {
  /** The server's port. */
  readonly port: number;
  /** What to do about a server that ends the connection. */
  readonly goneHint: string;
}

/** A client's end of Socket.IO, in the namespace `/`. */
export class SocketIoConnection {
  readonly #socket: Socket;
  readonly #address: SocketIoAddress;
  readonly #ended = Promise.withResolvers<never>();

  private constructor(socket: Socket, address: SocketIoAddress) {
    this.#socket = socket;
    this.#address = address;
    this.ended.catch(() => {}); // told by whoever waits for it; nobody does after the end
  }

  /** Makes a connection that is not open yet. */
  static async create(address: SocketIoAddress): Promise<SocketIoConnection> {
    const { io } = await importClient();
    const { hostname, port } = address;
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    const socket = io(`http://${host}:${port}/`, {
      reconnection: false,
      forceNew: true,
      timeout: CONNECT_MS,
      autoConnect: false,
    });
    return new SocketIoConnection(socket, address);
  }

  /** Rejects when the server has ended the connection, or with what `take` has thrown. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  /**
   * Connects. `take` gets what arrives, in order, from the first packet on; where it throws, the connection ends.
   *
   * @throws {NetworkError} `connect-failed`
   */
  async open(take: (event: string, args: readonly unknown[]) => void): Promise<void> {
    this.#socket.onAny((event: string, ...args: unknown[]) => {
      try {
        take(event, args);
      } catch (error) {
        this.#ended.reject(error);
        this.#socket.disconnect();
      }
    });
    try {
      await this.#connect();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Sends an event. */
  emit(event: string, ...args: readonly string[]): void {
    this.#socket.emit(event, ...args);
  }

  /** Closes when what was sent has gone out; a server that does not take it is not waited for. */
  async close(): Promise<void> {
    const { engine } = this.#socket.io;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    if (engine === undefined || engine.readyState === "closed") resolve();
    else engine.once("close", () => resolve());
    this.#socket.disconnect();
    const timer = setTimeout(() => {
      engine?.transport?.close();
      resolve();
    }, CLOSE_MS);
    await closed;
    clearTimeout(timer);
  }

  #connect(): Promise<void> {
    const { hostname, port, signal, goneHint } = this.#address;
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const abort = () => {
        reject(signal.reason);
        socket.disconnect();
      };
      socket.once("connect", resolve);
      socket.once("connect_error", (cause) => {
        const hint = "is the server running, and is this its port?";
        reject(new NetworkError("connect-failed", `cannot connect to ${hostname}:${port}`, { hint, cause }));
      });
      socket.once("disconnect", () => {
        signal.removeEventListener("abort", abort);
        const gone = "the server has ended the connection";
        this.#ended.reject(new NetworkError("server-gone", gone, { hint: goneHint }));
      });
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort, { once: true });
      socket.connect();
    });
  }
}
