import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import {
  AuthenticationError,
  NetworkError,
  type ParleyError,
  ProtocolError,
  TimeoutError,
} from "../errors/mod.ts";
import { ALPN_PROTOCOL } from "../wire/mod.ts";
import type { ClientConnection } from "./connection.ts";
import { assertUsableIdentity } from "./identity_check.ts";
import { type ConnectionLimits, defaultConnectionLimits } from "./limits.ts";
import { peerCertificates } from "./peer_certificates.ts";
import type { ChainCheck, TlsIdentity } from "./peer.ts";
import { ReadGate } from "./read_gate.ts";
import { TlsClientConnection } from "./tls_client_connection.ts";

/** How to connect. */
export interface DialOptions {
  /** Name or address of the relay. */
  host: string;
  /** Its port. */
  port: number;
  /** What the relay is shown; without it the connection is anonymous and can only enrol. */
  identity?: TlsIdentity;
  /**
   * Decides over the relay's certificate before `dial` resolves. `"deferred"` is for enrolment, where the
   * authorities come with the answer to `hello`: nothing but `hello` can be asked until `verifyPeer` passed.
   */
  checkServer: ChainCheck | "deferred";
  /** Gives up connecting; has no effect once connected. */
  signal?: AbortSignal;
  /** Default 10,000; for name resolution, TCP, TLS and the check together. */
  handshakeTimeoutMs?: number;
  /** Gets what a push listener threw. */
  onInternalError?(error: unknown): void;
  /** Bounds that differ from the default. */
  limits?: Partial<ConnectionLimits>;
}

const DEFAULT_HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Connects to a relay over TLS 1.3 with ALPN `parley/1` and checks its certificate before it resolves. A relay
 * that refuses the client's certificate says so afterwards: `closed` then resolves with its error.
 *
 * @throws {NetworkError} `connect-failed`, `connection-lost`
 * @throws {TimeoutError} `connect-timeout`
 * @throws {ProtocolError} `tls-failed`, where the other end does not speak TLS 1.3 and `parley/1`
 * @throws {AuthenticationError} what the check throws; `relay-key-unproven`, `chain-too-long`
 * @throws {UsageError} `identity-unusable`
 * @throws the reason of `signal` where it aborts
 */
export async function dial(options: DialOptions): Promise<ClientConnection> {
  const { signal, identity, host, port } = options;
  signal?.throwIfAborted();
  if (identity !== undefined) assertUsableIdentity(identity);
  const tcp = connectTcp(port, host);
  const socket = openSocket(tcp, options);
  let failed = (_reason: unknown) => {};
  const failure = new Promise<never>((_, reject) => failed = reject);
  const onError = (cause: Error) => failed(connectError(cause, host, port));
  const onClose = () => failed(new NetworkError("connection-lost", "the relay closed the connection"));
  const onAbort = () => failed(signal?.reason);
  const timeout = () =>
    failed(new TimeoutError("connect-timeout", `no connection to ${host}:${port} in time`));
  const timer = setTimeout(timeout, options.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS);
  signal?.addEventListener("abort", onAbort);
  tcp.on("error", onError);
  socket.on("error", onError).on("close", onClose);
  try {
    await Promise.race([new Promise((resolve) => socket.once("secureConnect", resolve)), failure]);
    return await Promise.race([admit(socket, tcp, options), failure]);
  } catch (error) {
    socket.destroy();
    tcp.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    socket.off("close", onClose);
  }
}

function openSocket(tcp: Socket, { host, identity }: DialOptions): TLSSocket {
  return connect({
    socket: tcp,
    servername: isIP(host) === 0 ? host : undefined,
    key: identity?.keyPem,
    cert: identity?.certificatesPem,
    minVersion: "TLSv1.3",
    ALPNProtocols: [ALPN_PROTOCOL],
    // Our own check decides; TLS has proven possession of the key either way.
    rejectUnauthorized: false,
  });
}

async function admit(socket: TLSSocket, tcp: Socket, options: DialOptions): Promise<TlsClientConnection> {
  tcp.setNoDelay(true);
  const gate = new ReadGate(socket, tcp);
  gate.open = false;
  if (socket.alpnProtocol !== ALPN_PROTOCOL) throw notARelay();
  const chain = peerCertificates(socket);
  const peer = options.checkServer === "deferred" ? undefined : await options.checkServer(chain);
  if (socket.destroyed) throw new NetworkError("connection-lost", "the relay closed the connection");
  const limits = { ...defaultConnectionLimits, ...options.limits };
  return new TlsClientConnection(socket, gate, chain, peer, limits, options.onInternalError ?? (() => {}));
}

function connectError(cause: Error & { code?: string }, host: string, port: number): ParleyError {
  if (cause.code?.startsWith("ERR_SSL_")) return notARelay(cause);
  if (cause.code === "UNABLE_TO_VERIFY_LEAF_SIGNATURE") {
    return new AuthenticationError("relay-key-unproven", "the relay does not hold its certificate's key", {
      cause,
    });
  }
  return new NetworkError("connect-failed", `cannot connect to ${host}:${port}`, {
    cause,
    hint: cause.code === "ENOTFOUND" ? "check the name of the relay" : "is the relay running?",
  });
}

function notARelay(cause?: Error): ProtocolError {
  return new ProtocolError("tls-failed", "the other end does not speak the relay protocol over TLS 1.3", {
    cause,
    hint: "check the address of the relay",
  });
}
