import { type ProfileServer, type ServeOptions, type SocketIoClient, SocketIoRoom } from "../core/mod.ts";
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
  const { dialect } = options;
  const room: SocketIoRoom = new SocketIoRoom(options, {
    maxMembers: MAX_MEMBERS[dialect],
    maxPacketBytes: 2 * MAX_PAYLOAD_CHARS,
    take(socket, event, args) {
      const delivered = RELAYED.get(event);
      if (delivered !== undefined) relay(room, dialect, socket, delivered, args);
    },
    onJoined() {
      if (room.members.size > 1) startExchange(room, dialect);
    },
    onLeft() {
      if (dialect === "documented") startExchange(room, dialect);
    },
  });
  return room.serve(options);
}

/** In the documented dialect clients are told who is here and which of them they are. */
function startExchange({ members }: SocketIoRoom, dialect: ServeOptions["dialect"]): void {
  const names = members.names();
  for (const socket of members.others()) {
    if (dialect === "original") socket.emit(START, 1);
    else socket.emit(START, names, socket.data.name);
  }
}

/** Whom a client means may have left just now; what is for nobody is dropped. */
function relay(
  room: SocketIoRoom,
  dialect: ServeOptions["dialect"],
  socket: SocketIoClient,
  delivered: string,
  [payload, to]: readonly unknown[],
): void {
  if (!isPayload(payload)) return room.fail(socket, "what it sends is malformed or too long");
  if (dialect === "original") {
    for (const other of room.members.others(socket)) other.emit(delivered, payload);
  } else if (typeof to === "string") room.members.find(to)?.emit(delivered, payload, socket.data.name);
  else room.fail(socket, "it does not say for whom it speaks");
}
