import * as v from "valibot";
import type { Socket } from "socket.io-client";
import { NetworkError, ProtocolError } from "../../errors/mod.ts";
import type { ConnectOptions } from "../core/mod.ts";
import { isPayload } from "./messages.ts";
import { type Spelling, SPELLINGS } from "./parameters.ts";
import { importClient } from "./socket_io.ts";

/** The port of the description. */
const PORT = 5000;
const CONNECT_MS = 10_000;
const CLOSE_MS = 2000;
const MAX_WAITING = 10_000;

/** What arrives. `from` is the other client's name in the documented dialect; the original does not say. */
export type Incoming =
  /** The server starts the exchange. `members` and `self`: the documented dialect only. */
  | { readonly type: "start"; readonly members: readonly string[] | undefined; readonly self: string }
  | { readonly type: "signing-key"; readonly from: string | undefined; readonly payload: string }
  | {
    readonly type: "value";
    readonly spelling: Spelling;
    readonly from: string | undefined;
    readonly payload: string;
  }
  | { readonly type: "message"; readonly from: string | undefined; readonly payload: string };

const members = v.pipe(v.array(v.string()), v.maxLength(1000));

/** A client's end of Socket.IO. */
export class Connection {
  readonly #socket: Socket;
  readonly #incoming: ReadableStream<Incoming>;
  readonly #close: () => Promise<void>;

  private constructor(socket: Socket, incoming: ReadableStream<Incoming>, close: () => Promise<void>) {
    this.#socket = socket;
    this.#incoming = incoming;
    this.#close = close;
  }

  /**
   * Connects. What arrives is kept in order until it is read, from the first packet on.
   *
   * @throws {NetworkError} `connect-failed`
   */
  static async open({ hostname, port = PORT, signal }: ConnectAddress): Promise<Connection> {
    const { io } = await importClient();
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    const socket = io(`http://${host}:${port}/`, {
      reconnection: false,
      forceNew: true,
      timeout: CONNECT_MS,
      autoConnect: false,
    });
    const incoming = listenTo(socket);
    const close = () => disconnect(socket);
    try {
      await connect(socket, signal, `${hostname}:${port}`);
    } catch (error) {
      await close();
      throw error;
    }
    return new Connection(socket, incoming, close);
  }

  /** What arrives, until the server ends the connection. */
  get incoming(): ReadableStream<Incoming> {
    return this.#incoming;
  }

  /** Sends an event; `to` names its recipient in the documented dialect. */
  emit(event: string, payload: string, to: string | undefined): void {
    if (to === undefined) this.#socket.emit(event, payload);
    else this.#socket.emit(event, payload, to);
  }

  /** Closes when what was sent has gone out. */
  close(): Promise<void> {
    return this.#close();
  }
}

/** Where to connect. */
export type ConnectAddress = Pick<ConnectOptions, "hostname" | "port" | "signal">;

function connect(socket: Socket, signal: AbortSignal, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", (cause) => {
      reject(
        new NetworkError("connect-failed", `cannot connect to ${address}`, {
          hint: "is the server running, and is this its port?",
          cause,
        }),
      );
    });
    const abort = () => {
      reject(signal.reason);
      socket.disconnect();
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    socket.once("disconnect", () => signal.removeEventListener("abort", abort));
    socket.connect();
  });
}

/** A server that sends faster than its messages can be opened is let go. */
function listenTo(socket: Socket): ReadableStream<Incoming> {
  let over = false;
  return new ReadableStream<Incoming>({
    start(controller) {
      socket.on("disconnect", () => {
        if (!over) controller.close();
        over = true;
      });
      onIncoming(socket, (incoming) => {
        if (over) return;
        if ((controller.desiredSize ?? 0) > -MAX_WAITING) return controller.enqueue(incoming);
        over = true;
        controller.error(new ProtocolError("server-too-fast", "the server sends too much at a time"));
        socket.disconnect();
      });
    },
    cancel() {
      over = true;
    },
  });
}

/** Arguments that are no payloads are none of the protocol's. */
function onIncoming(socket: Socket, take: (incoming: Incoming) => void): void {
  const on = (event: string, make: (payload: string, from: string | undefined) => Incoming) =>
    socket.on(event, (payload: unknown, from: unknown) => {
      if (isPayload(payload)) take(make(payload, typeof from === "string" ? from : undefined));
    });
  socket.on("KEY_EXCHANGE", (names: unknown, self: unknown) => {
    take({ type: "start", members: v.is(members, names) ? names : undefined, self: String(self) });
  });
  on("ELGAMAL_PK_BC", (payload, from) => ({ type: "signing-key", from, payload }));
  on(`${SPELLINGS.deff.event}_BC`, (payload, from) => ({ type: "value", spelling: "deff", from, payload }));
  on(`${SPELLINGS.diff.event}_BC`, (payload, from) => ({ type: "value", spelling: "diff", from, payload }));
  on("received_message", (payload, from) => ({ type: "message", from, payload }));
}

/** Packets that wait go out first; a server that does not take them is not waited for. */
async function disconnect(socket: Socket): Promise<void> {
  const { engine } = socket.io;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  if (engine === undefined || engine.readyState === "closed") resolve();
  else engine.once("close", () => resolve());
  socket.disconnect();
  const timer = setTimeout(() => {
    engine?.transport?.close();
    resolve();
  }, CLOSE_MS);
  await closed;
  clearTimeout(timer);
}
