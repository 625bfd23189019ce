import { encodeUtf8 } from "../bytes/mod.ts";
import { NetworkError } from "../errors/mod.ts";
import type { Cutter, ProfileParts } from "../legacy/mod.ts";

const MAX_MESSAGE_BYTES = 1 << 20;
const DRAIN_BYTES = 64 * 1024;

/** The client's end of a connection to the server of a classic system, with as little in between as there can be. */
export class ProfilePeer {
  readonly #conn: Deno.TcpConn;
  readonly #reader: InstanceType<ProfileParts["MessageReader"]>;
  readonly #parts: ProfileParts;

  private constructor(conn: Deno.TcpConn, parts: ProfileParts) {
    this.#conn = conn;
    this.#parts = parts;
    this.#reader = new parts.MessageReader(conn, { maxMessageBytes: MAX_MESSAGE_BYTES });
    conn.setNoDelay(true);
  }

  /** Connects to a port on 127.0.0.1. */
  static async connect(port: number, parts: ProfileParts): Promise<ProfilePeer> {
    return new ProfilePeer(await Deno.connect({ hostname: "127.0.0.1", port }), parts);
  }

  /** Writes all of it. */
  async write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? encodeUtf8(data) : data;
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /**
   * Waits for the next message.
   *
   * @throws {NetworkError} `connection-closed`
   */
  async read<M>(cutter: Cutter<M>): Promise<M> {
    const message = await this.#reader.read(cutter);
    if (message !== undefined) return message;
    throw new NetworkError("connection-closed", "the server has ended the connection");
  }

  /** The next message where it is here already. */
  take<M>(cutter: Cutter<M>): M | undefined {
    return this.#reader.take(cutter);
  }

  /** Waits for the next frame; its body. */
  frame(): Promise<Uint8Array> {
    return this.read(this.#parts.frameCutter(MAX_MESSAGE_BYTES));
  }

  /** Waits for so many bytes. */
  exactly(count: number): Promise<Uint8Array> {
    return this.read(this.#parts.exactCutter(count));
  }

  /** Takes what comes, and looks at none of it, until the process or the connection ends. */
  async drain(): Promise<void> {
    const buffer = new Uint8Array(DRAIN_BYTES);
    while (await this.#conn.read(buffer) !== null);
  }
}
