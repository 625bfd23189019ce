import { concatBytes, encodeUtf8 } from "../../../lib/bytes/mod.ts";

/** A stand-in for a published program: a raw socket, one `recv` for one message, as those programs read. */
export class RawPeer implements Disposable {
  readonly #conn: Deno.TcpConn;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    conn.setNoDelay(true);
  }

  static async connect(port: number): Promise<RawPeer> {
    return new RawPeer(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** One write. */
  async write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? encodeUtf8(data) : data;
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /** Two writes with a pause in between, so that the reader sees them apart. */
  async writeSplit(bytes: Uint8Array, at: number, pauseMs = 1): Promise<void> {
    await this.write(bytes.subarray(0, at));
    await pause(pauseMs);
    await this.write(bytes.subarray(at));
  }

  /** One `recv` of at most so many bytes; empty at the end. */
  async recv(maxBytes = 4096): Promise<Uint8Array> {
    if (this.#rest.length > 0) {
      const taken = this.#rest.subarray(0, maxBytes);
      this.#rest = this.#rest.subarray(maxBytes);
      return taken;
    }
    const buffer = new Uint8Array(maxBytes);
    const count = await this.#conn.read(buffer).catch((error) => {
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    });
    return buffer.subarray(0, count ?? 0);
  }

  /** What is here, into the array; null at the end. */
  async read(into: Uint8Array): Promise<number | null> {
    if (this.#rest.length === 0) return await this.#conn.read(into);
    const now = await this.recv(into.length);
    into.set(now);
    return now.length;
  }

  /** Exactly so many bytes, however they come. */
  async exactly(count: number): Promise<Uint8Array> {
    let bytes: Uint8Array = new Uint8Array(0);
    while (bytes.length < count) {
      const more = await this.recv(count - bytes.length);
      if (more.length === 0) throw new Error(`the connection ended after ${bytes.length} of ${count} bytes`);
      bytes = concatBytes(bytes, more);
    }
    return bytes;
  }

  /** A frame with a length of 4 bytes in front; its body. */
  async frame(): Promise<Uint8Array> {
    const length = new DataView(new Uint8Array(await this.exactly(4)).buffer).getUint32(0);
    return await this.exactly(length);
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.recv());
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

/** A stand-in server that takes one client. */
export class RawServer implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  get port(): number {
    return this.#listener.addr.port;
  }

  async accept(): Promise<RawPeer> {
    return new RawPeer(await this.#listener.accept());
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

/** Lets time pass, for peers that are told apart by it. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
