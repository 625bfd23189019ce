import type { Io } from "./io.ts";

/** Tells a service manager how a server is (sd_notify(3)); does nothing where none listens. */
export interface ServiceManager extends AsyncDisposable {
  /** The server is ready; from now on the watchdog hears of it, if there is one. */
  ready(): Promise<void>;
  /** The server begins to stop. */
  stopping(): Promise<void>;
}

/**
 * Finds the service manager that NOTIFY_SOCKET names. With WATCHDOG_USEC it is told twice in that time that the
 * event loop turns. `onError` hears what keeps it from being told, which stops nothing.
 */
export async function openServiceManager(io: Io, onError: (error: unknown) => void): Promise<ServiceManager> {
  const path = io.env("NOTIFY_SOCKET");
  if (path === undefined) return { ready: nothing, stopping: nothing, [Symbol.asyncDispose]: nothing };
  const channel = new NotifyChannel(path, onError);
  await channel.open();
  const watchdogMs = Number(io.env("WATCHDOG_USEC") ?? 0) / 1000;
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    async ready() {
      await channel.send("READY=1");
      if (watchdogMs > 0) timer = setInterval(() => void channel.send("WATCHDOG=1"), watchdogMs / 2);
    },
    stopping: () => channel.send("STOPPING=1"),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await channel.close();
    },
  };
}

const nothing = () => Promise.resolve();

/** A datagram socket towards the service manager. The runtime's datagram sockets need a name of their own. */
class NotifyChannel {
  readonly #path: string;
  readonly #onError: (error: unknown) => void;
  #folder: string | undefined;
  #socket: Deno.DatagramConn | undefined;

  constructor(path: string, onError: (error: unknown) => void) {
    this.#path = path;
    this.#onError = onError;
  }

  async open(): Promise<void> {
    try {
      if (!this.#path.startsWith("/")) {
        throw new Error(`cannot reach the socket ${this.#path}: it has no path`);
      }
      this.#folder = await Deno.makeTempDir({ prefix: "parley-notify-" });
      this.#socket = Deno.listenDatagram({ transport: "unixpacket", path: `${this.#folder}/socket` });
    } catch (error) {
      this.#onError(error);
    }
  }

  async send(state: string): Promise<void> {
    try {
      await this.#socket?.send(new TextEncoder().encode(state), {
        transport: "unixpacket",
        path: this.#path,
      });
    } catch (error) {
      this.#onError(error);
    }
  }

  async close(): Promise<void> {
    this.#socket?.close();
    if (this.#folder !== undefined) await Deno.remove(this.#folder, { recursive: true });
  }
}
