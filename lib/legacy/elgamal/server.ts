import {
  type ProfileServer,
  Roster,
  type ServeOptions,
  serveSocketIo,
  type SocketIoClient,
} from "../core/mod.ts";
import { EVENTS, isPayload, MAX_PAYLOAD_CHARS, START } from "./messages.ts";

/** In the original dialect nobody says who speaks, so that two is all there can be. */
const MAX_MEMBERS: Record<ServeOptions["dialect"], number> = { documented: 16, original: 2 };
const RELAYED = new Map(Object.entries(EVENTS).map(([event, { delivered }]) => [event, delivered]));

/**
 * Starts the server.
 *
 * @throws {NetworkError} `listen-failed`
 */
export function serveElgamal(options: ServeOptions): Promise<ProfileServer> {
  const hub = new Hub(options);
  return serveSocketIo({
    ...options,
    maxPacketBytes: 2 * MAX_PAYLOAD_CHARS,
    join: (socket) => hub.join(socket),
    onStalled: (socket) => hub.fail(socket, "it does not take what is sent to it"),
  });
}

/** Who is here, under the name that the server gives to each. */
class Hub {
  readonly #options: ServeOptions;
  readonly #members = new Roster<SocketIoClient>();
  #joined = 0;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  join(socket: SocketIoClient): void {
    const client = socket.data.name = String(++this.#joined);
    if (this.#members.size >= MAX_MEMBERS[this.#options.dialect]) {
      this.#log("client-refused", client, "is refused: there are as many clients as there can be");
      socket.disconnect(true);
      return;
    }
    this.#members.join(client, socket);
    this.#log("client-joined", client, "has joined");
    // Not on(), which is a tick late: what a client sends right before it leaves would be dropped.
    socket.onAny((event: string, payload: unknown, to: unknown) => {
      const delivered = RELAYED.get(event);
      if (delivered !== undefined) this.#relay(socket, delivered, payload, to);
    });
    socket.on("disconnect", () => this.#leave(client, socket));
    if (this.#members.size > 1) this.#startExchange();
  }

  fail(socket: SocketIoClient, reason: string): void {
    this.#log("client-failed", socket.data.name, `is disconnected: ${reason}`);
    socket.disconnect(true);
  }

  #leave(client: string, socket: SocketIoClient): void {
    this.#members.leave(client, socket);
    this.#log("client-left", client, "has left");
    if (this.#options.dialect === "documented") this.#startExchange();
  }

  /** In the documented dialect clients are told who is here and which of them they are. */
  #startExchange(): void {
    const names = this.#members.names();
    for (const name of names) {
      const socket = this.#members.find(name);
      if (this.#options.dialect === "original") socket?.emit(START, 1);
      else socket?.emit(START, names, name);
    }
  }

  /** Whom a client means may have left just now; what is for nobody is dropped. */
  #relay(socket: SocketIoClient, delivered: string, payload: unknown, to: unknown): void {
    if (!isPayload(payload)) return this.fail(socket, "what it sends is malformed or too long");
    if (this.#options.dialect === "original") {
      for (const other of this.#members.others(socket)) other.emit(delivered, payload);
    } else if (typeof to === "string") this.#members.find(to)?.emit(delivered, payload, socket.data.name);
    else this.fail(socket, "it does not say for whom it speaks");
  }

  #log(type: string, client: string, what: string): void {
    this.#options.log({ type, client, text: `client ${client} ${what}` });
  }
}
