import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

const PORTION_BYTES = 256 * 1024;

/** Receives one file over plain TCP. */
export interface TcpReceiver {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** Resolves when the file is on the disk. */
  readonly done: Promise<void>;
}

/** Waits for a connection whose bytes become a file. */
export async function receiveTcp(path: string): Promise<TcpReceiver> {
  const server = createServer();
  const done = once(server, "connection").then(async (arrived) => {
    const socket: Socket = arrived[0];
    using file = await Deno.open(path, { create: true, write: true, truncate: true });
    for await (const bytes of socket) await writeAll(file, bytes);
    await file.sync();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as { port: number }).port, done };
}

/** Sends a file over plain TCP: what a transfer can be measured against. */
export async function sendTcp(path: string, port: number): Promise<void> {
  using file = await Deno.open(path);
  const socket = connect(port, "127.0.0.1");
  const buffer = new Uint8Array(PORTION_BYTES);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    const portion = buffer.slice(0, count);
    await new Promise<void>((resolve, reject) =>
      socket.write(portion, (error) => error ? reject(error) : resolve())
    );
  }
  await new Promise<void>((resolve) => socket.end(resolve));
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
