import type { ProfileServer, ServeOptions } from "./profile.ts";
import type { RawConnection, RawConnectionOptions } from "./raw_connection.ts";
import { listenRaw } from "./raw_listener.ts";

/**
 * Serves clients over plain TCP: `converse` holds the conversation with one. Where it throws, that client is
 * disconnected, which is logged as `client-failed`, and the server lives on.
 *
 * @throws {NetworkError} `listen-failed`
 */
export function serveClients(
  { log, ...options }: ServeOptions,
  limits: RawConnectionOptions,
  converse: (connection: RawConnection) => Promise<void>,
): ProfileServer {
  return listenRaw({
    ...options,
    ...limits,
    converse,
    onFailure({ peer }, { code, message }) {
      log({ type: "client-failed", client: peer, code, text: `${peer} is disconnected: ${message}` });
    },
  });
}
