import { createServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import type { Server, Socket } from "socket.io";
import { NetworkError } from "../../errors/mod.ts";
import type { ProfileServer, ServeOptions } from "./profile.ts";
import { importServer } from "./socket_io.ts";

const CONNECT_MS = 10_000;
const MAX_CONNECTIONS = 200;
/** A client that takes nothing is let go when so much waits for it. */
const MAX_BACKLOG_CHARS = 4 * 1024 * 1024;

/** A client that has connected; a `Socket` of Socket.IO, as far as it is used. */
export interface SocketIoClient {
  /** For whoever serves it. */
  readonly data: { name: string };
  /** Sends an event. */
  emit(event: string, ...payload: unknown[]): unknown;
  /** Is called for each event that arrives, in its turn. */
  onAny(take: (event: string, ...payload: unknown[]) => void): unknown;
  /** Is called once it has gone. */
  on(event: "disconnect", leave: () => void): unknown;
  /** Ends the connection. */
  disconnect(close: true): unknown;
}

/** What a {@link serveSocketIo} server does with its clients. */
export interface SocketIoServerOptions extends Pick<ServeOptions, "hostname" | "ports"> {
  /** The largest packet of a client, in bytes. */
  readonly maxPacketBytes: number;
  /** Takes a client that has connected. */
  readonly join: (socket: SocketIoClient) => void;
  /** Told once where a client does not take what is sent to it; Socket.IO itself queues without bound. */
  readonly onStalled: (socket: SocketIoClient) => void;
}

/**
 * Serves Socket.IO clients in the namespace `/`. A page of the web that the user looks at is not let in: programs send
 * no origin, or the server's own.
 *
 * @throws {NetworkError} `listen-failed`
 */
export async function serveSocketIo(options: SocketIoServerOptions): Promise<ProfileServer> {
  const { Server } = await importServer();
  const http = createServer((_request, response) => response.writeHead(404).end());
  const io: Server = new Server(http, {
    serveClient: false,
    maxHttpBufferSize: options.maxPacketBytes,
    connectTimeout: CONNECT_MS,
    allowRequest: (request, answer) =>
      answer(null, isSameOrigin(request) && io.engine.clientsCount < MAX_CONNECTIONS),
  });
  io.on("connection", (socket) => {
    limitBacklog(socket, () => options.onStalled(socket));
    options.join(socket);
  });
  const addresses = [await listen(http, options.hostname, options.ports[0] ?? 0)];
  return { addresses, close: () => io.close() };
}

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

function isSameOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  return origin === undefined || origin === `http://${host}`;
}

function listen(http: HttpServer, hostname: string, port: number) {
  return new Promise<ProfileServer["addresses"][number]>((resolve, reject) => {
    http.once("error", (cause) => {
      const hint = "is the port taken?";
      reject(new NetworkError("listen-failed", `cannot listen on ${hostname}:${port}`, { hint, cause }));
    });
    http.listen({ host: hostname, port }, () => {
      const address = http.address();
      const bound = typeof address === "object" && address !== null ? address.port : port;
      resolve({ hostname, port: bound });
    });
  });
}
