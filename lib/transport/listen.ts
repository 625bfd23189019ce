import type { Listener, ListenOptions } from "./listener.ts";
import { TlsListener } from "./tls_listener.ts";

/**
 * Listens for TLS 1.3 connections with ALPN `parley/1`. A client that shows a certificate is checked, and told
 * why where it is refused; one that shows none is anonymous: it has small frames, little time and the requests
 * for enrolling only. A handshake that stalls, and connections beyond the bounds, are cut off.
 *
 * @throws {UsageError} `identity-unusable`
 * @throws {NetworkError} `listen-failed`
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const listener = new TlsListener(options);
  await listener.open();
  return listener;
}
