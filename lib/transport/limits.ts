import { limits as wireLimits } from "../wire/mod.ts";

/** Bounds of one connection. */
export interface ConnectionLimits {
  /** Content of a received frame, in bytes. */
  maxFrameBytes: number;
  /** Requests that may await their answers at once. */
  maxRequestsInFlight: number;
  /** Bodies of received requests that await their answers, together, before reading pauses, in bytes. */
  maxRequestBytesInFlight: number;
  /** Bytes waiting to be written above which pushes are refused and (server) reading pauses. */
  highWaterBytes: number;
  /** Bytes waiting to be written below which both go on. */
  lowWaterBytes: number;
  /** Silence after which a ping is sent. */
  pingAfterMs: number;
  /** Silence after which the connection is given up. */
  deadAfterMs: number;
  /** How long a graceful close may take before the socket is destroyed. */
  closeTimeoutMs: number;
  /** Pushes that wait for the listener (client), in number. */
  maxQueuedPushes: number;
  /** Pushes that wait for the listener (client), in bytes. */
  maxQueuedPushBytes: number;
}

/** Bounds of a listener and of each of its connections. */
export interface ListenLimits extends ConnectionLimits {
  /** Connections at once, in all. */
  maxConnections: number;
  /** Connections at once from one address. */
  maxConnectionsPerAddress: number;
  /** Connections at once without a client certificate. */
  maxAnonymousConnections: number;
  /** Life of a connection without a client certificate. */
  anonymousLifetimeMs: number;
  /** Content of a frame received without a client certificate, in bytes. */
  maxAnonymousFrameBytes: number;
  /** How long the TLS handshake and the check of the client's certificate may take. */
  handshakeTimeoutMs: number;
}

/** What a connection allows unless told otherwise. */
export const defaultConnectionLimits: Readonly<ConnectionLimits> = {
  maxFrameBytes: wireLimits.maxFrameBytes,
  maxRequestsInFlight: wireLimits.maxRequestsInFlight,
  maxRequestBytesInFlight: 16 * 1024 * 1024,
  highWaterBytes: 1024 * 1024,
  lowWaterBytes: 256 * 1024,
  pingAfterMs: 30_000,
  deadAfterMs: 60_000,
  closeTimeoutMs: 2_000,
  maxQueuedPushes: 1_000,
  maxQueuedPushBytes: 16 * 1024 * 1024,
};

/** What a listener allows unless told otherwise. */
export const defaultListenLimits: Readonly<ListenLimits> = {
  ...defaultConnectionLimits,
  maxConnections: 20_000,
  maxConnectionsPerAddress: 2_000,
  maxAnonymousConnections: 200,
  anonymousLifetimeMs: 60_000,
  maxAnonymousFrameBytes: wireLimits.maxAnonymousFrameBytes,
  handshakeTimeoutMs: 10_000,
};
