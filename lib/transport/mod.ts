/**
 * Connections: TLS 1.3 listener and dialer, framing, requests and pushes, backpressure, reconnecting.
 *
 * @module
 */
export { backoffDelays, type BackoffOptions } from "./backoff.ts";
export {
  type Answer,
  type ClientConnection,
  type Connection,
  LATER,
  type PushListener,
  type RelayConnection,
  type RequestHandler,
  type RequestOptions,
} from "./connection.ts";
export { dial, type DialOptions } from "./dial.ts";
export { keepConnected, type KeepConnectedOptions } from "./keep_connected.ts";
export { type ConnectionLimits, type ListenLimits } from "./limits.ts";
export { listen } from "./listen.ts";
export type { Listener, ListenOptions } from "./listener.ts";
export { recycleRecord } from "./long_frame_buffers.ts";
export { pause } from "./pause.ts";
export type { ChainCheck, TlsIdentity, VerifiedPeer } from "./peer.ts";
