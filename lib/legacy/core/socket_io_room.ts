import type { ProfileServer, ServeOptions } from "./profile.ts";
import { Roster } from "./roster.ts";
import { serveSocketIo, type SocketIoClient } from "./socket_io_server.ts";

/** What happens in a {@link SocketIoRoom}. */
export interface SocketIoRoomOptions {
  /** How many clients there is room for. */
  readonly maxMembers: number;
  /** The largest packet of a client, in bytes. */
  readonly maxPacketBytes: number;
  /** Takes an event of a client, in its turn. */
  readonly take: (client: SocketIoClient, event: string, args: readonly unknown[]) => void;
  /** Somebody has come; the room holds who is here by now. */
  readonly onJoined: () => void;
  /** Somebody has gone. */
  readonly onLeft: () => void;
}

/** Clients that are here together, each under a number that the server gives to it: 1, 2, 3… */
export class SocketIoRoom {
  /** Who is here. */
  readonly members: Roster<SocketIoClient> = new Roster();
  readonly #log: ServeOptions["log"];
  readonly #options: SocketIoRoomOptions;
  #joined = 0;

  /** Makes an empty room. */
  constructor({ log }: Pick<ServeOptions, "log">, options: SocketIoRoomOptions) {
    this.#log = log;
    this.#options = options;
  }

  /**
   * Lets clients in.
   *
   * @throws {NetworkError} `listen-failed`
   */
  serve(address: Pick<ServeOptions, "hostname" | "ports">): Promise<ProfileServer> {
    return serveSocketIo({
      ...address,
      maxPacketBytes: this.#options.maxPacketBytes,
      join: (client) => this.#join(client),
      onStalled: (client) => this.fail(client, "it does not take what is sent to it"),
    });
  }

  /** Disconnects a client; the reason is logged. */
  fail(client: SocketIoClient, reason: string): void {
    this.#tell("client-failed", client.data.name, `is disconnected: ${reason}`);
    client.disconnect(true);
  }

  #join(client: SocketIoClient): void {
    const name = client.data.name = String(++this.#joined);
    if (this.members.size >= this.#options.maxMembers) {
      this.#tell("client-refused", name, "is refused: there are as many clients as there can be");
      client.disconnect(true);
      return;
    }
    this.members.join(name, client);
    this.#tell("client-joined", name, "has joined");
    // Not on(), which is a tick late: what a client sends right before it leaves would be dropped.
    client.onAny((event, ...args) => this.#options.take(client, event, args));
    client.on("disconnect", () => {
      this.members.leave(name, client);
      this.#tell("client-left", name, "has left");
      this.#options.onLeft();
    });
    this.#options.onJoined();
  }

  #tell(type: string, client: string, what: string): void {
    this.#log({ type, client, text: `client ${client} ${what}` });
  }
}
