import { createServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import type { Server, Socket } from "socket.io";
import { NetworkError } from "../../errors/mod.ts";
import { type ProfileServer, Roster, type ServeOptions } from "../core/mod.ts";
import { isPayload, MAX_PAYLOAD_CHARS } from "./messages.ts";
import { importServer } from "./socket_io.ts";

const CONNECT_MS = 10_000;
const MAX_CONNECTIONS = 200;
/** A client that takes nothing is let go when so much waits for it. */
const MAX_BACKLOG_CHARS = 4 * 1024 * 1024;
/** In the original dialect nobody says who speaks, so that two is all there can be. */
const MAX_MEMBERS: Record<ServeOptions["dialect"], number> = { documented: 16, original: 2 };

/** What clients send each other through the server, and under which name it arrives. */
const RELAYED: ReadonlyMap<string, string> = new Map([
  ["ELGAMAL_PK", "ELGAMAL_PK_BC"],
  ["DEFF_HELLMAN_PK", "DEFF_HELLMAN_PK_BC"],
  ["DIFF_HELLMAN_PK", "DIFF_HELLMAN_PK_BC"],
  ["message", "received_message"],
]);

/**
 * Starts the server.
 *
 * @throws {NetworkError} `listen-failed`
 */
export async function serveElgamal(options: ServeOptions): Promise<ProfileServer> {
  const { Server } = await importServer();
  const http = createServer((_request, response) => response.writeHead(404).end());
  const io: Server = new Server(http, {
    serveClient: false,
    maxHttpBufferSize: 2 * MAX_PAYLOAD_CHARS,
    connectTimeout: CONNECT_MS,
    allowRequest: (request, answer) =>
      answer(null, isSameOrigin(request) && io.engine.clientsCount < MAX_CONNECTIONS),
  });
  const hub = new Hub(options);
  io.on("connection", (socket) => hub.join(socket));
  const { hostname, ports } = options;
  const addresses = [await listen(http, hostname, ports[0] ?? 0)];
  return { addresses, close: () => io.close() };
}

/** Who is here, under the name that the server gives to each. */
class Hub {
  readonly #options: ServeOptions;
  readonly #members = new Roster<Socket>();
  #joined = 0;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  join(socket: Socket): void {
    const client = String(++this.#joined);
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
      if (delivered !== undefined) this.#relay(client, socket, { delivered, payload, to });
    });
    limitBacklog(socket, () => this.#fail(client, socket, "it does not take what is sent to it"));
    socket.on("disconnect", () => this.#leave(client, socket));
    if (this.#members.size > 1) this.#startExchange();
  }

  #leave(client: string, socket: Socket): void {
    this.#members.leave(client, socket);
    this.#log("client-left", client, "has left");
    if (this.#options.dialect === "documented") this.#startExchange();
  }

  /** In the documented dialect clients are told who is here and which of them they are. */
  #startExchange(): void {
    const names = this.#members.names();
    for (const name of names) {
      const socket = this.#members.find(name);
      if (this.#options.dialect === "original") socket?.emit("KEY_EXCHANGE", 1);
      else socket?.emit("KEY_EXCHANGE", names, name);
    }
  }

  /** Whom a client means may have left just now; what is for nobody is dropped. */
  #relay(
    client: string,
    socket: Socket,
    { delivered, payload, to }: { delivered: string; payload: unknown; to: unknown },
  ): void {
    if (!isPayload(payload)) return this.#fail(client, socket, "what it sends is malformed or too long");
    if (this.#options.dialect === "original") {
      for (const other of this.#members.others(socket)) other.emit(delivered, payload);
    } else if (typeof to === "string") this.#members.find(to)?.emit(delivered, payload, client);
    else this.#fail(client, socket, "it does not say for whom it speaks");
  }

  #fail(client: string, socket: Socket, reason: string): void {
    this.#log("client-failed", client, `is disconnected: ${reason}`);
    socket.disconnect(true);
  }

  #log(type: string, client: string, what: string): void {
    this.#options.log({ type, client, text: `client ${client} ${what}` });
  }
}

/** Socket.IO itself queues without bound. */
function limitBacklog({ conn }: Socket, onFull: () => void): void {
  let backlog = 0;
  conn.on("packetCreate", ({ data }: { readonly data?: unknown }) => {
    backlog += typeof data === "string" ? data.length : 0;
    if (backlog > MAX_BACKLOG_CHARS) {
      backlog = -Infinity; // told once
      onFull();
    }
  });
  conn.on("flush", () => backlog = Math.min(backlog, 0));
}

/** A page of the web that the user looks at has no business here; programs send no origin, or the server's. */
function isSameOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  return origin === undefined || origin === `http://${host}`;
}

function listen(
  http: HttpServer,
  hostname: string,
  port: number,
): Promise<ProfileServer["addresses"][number]> {
  return new Promise((resolve, reject) => {
    http.once("error", (cause) => {
      reject(
        new NetworkError("listen-failed", `cannot listen on ${hostname}:${port}`, {
          hint: "is the port taken?",
          cause,
        }),
      );
    });
    http.listen({ host: hostname, port }, () => {
      const address = http.address();
      const bound = typeof address === "object" && address !== null ? address.port : port;
      resolve({ hostname, port: bound });
    });
  });
}
