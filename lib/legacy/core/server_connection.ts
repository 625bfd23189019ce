import { NetworkError } from "../../errors/mod.ts";
import type { Cutter } from "./message_reader.ts";
import type { ConnectOptions } from "./profile.ts";
import { dialRaw, type RawConnection, type RawConnectionOptions } from "./raw_connection.ts";

/**
 * Connects to a server over plain TCP, and closes when `use` is done: after what was written has gone out, or at once
 * where `use` throws or the session has to end.
 *
 * @throws {NetworkError} `connect-failed`
 */
export async function withServer<T>(
  { hostname, port, signal }: Pick<ConnectOptions, "hostname" | "signal"> & { readonly port: number },
  limits: RawConnectionOptions,
  use: (connection: RawConnection) => Promise<T>,
): Promise<T> {
  const connection = await dialRaw({ hostname, port, signal }, limits);
  const abort = () => connection.close();
  signal.addEventListener("abort", abort);
  try {
    const result = await use(connection);
    await connection.end();
    return result;
  } finally {
    signal.removeEventListener("abort", abort);
    connection.close();
  }
}

/**
 * Reads a message of a server that must not end before it.
 *
 * @throws {NetworkError} `server-gone` with the hint
 * @throws {DecodeError} `message-too-large`, `truncated`, and what the cutter throws
 */
export async function readFromServer<M>(
  { reader }: RawConnection,
  cutter: Cutter<M>,
  hint: string,
): Promise<M> {
  const message = await reader.read(cutter);
  if (message !== undefined) return message;
  throw new NetworkError("server-gone", "the server has ended the connection", { hint });
}
