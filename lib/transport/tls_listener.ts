import type { AddressInfo, Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { NetworkError, type ParleyError, ProtocolError, toParleyError } from "../errors/mod.ts";
import { ALPN_PROTOCOL } from "../wire/mod.ts";
import { AddressCounter } from "./address_counter.ts";
import { assertUsableIdentity } from "./identity_check.ts";
import { defaultListenLimits, type ListenLimits } from "./limits.ts";
import type { Listener, ListenOptions } from "./listener.ts";
import { peerCertificates } from "./peer_certificates.ts";
import type { TlsIdentity, VerifiedPeer } from "./peer.ts";
import { ReadGate } from "./read_gate.ts";
import { startTicker, tickPeriodMs } from "./ticker.ts";
import { TlsRelayConnection } from "./tls_relay_connection.ts";

/** Enrolling takes one request after the other. */
const MAX_ANONYMOUS_REQUESTS = 4;

/** A listener over TLS 1.3. Counts a connection from its first packet, and keeps one timer for all of them. */
export class TlsListener implements Listener {
  readonly #options: ListenOptions;
  readonly #limits: ListenLimits;
  readonly #anonymousLimits: ListenLimits;
  readonly #server: Server;
  readonly #addresses = new AddressCounter();
  /** Sockets in their handshake, by remote address and port, and when their time is over. */
  readonly #handshakes = new Map<string, { socket: Socket; deadline: number }>();
  readonly #connections = new Set<TlsRelayConnection>();
  /** When each connection without a client certificate is over. */
  readonly #anonymous = new Map<TlsRelayConnection, number>();
  #address = { hostname: "", port: 0 };
  #stopTicker: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  /** Prepares a listener; {@link open} starts it. */
  constructor(options: ListenOptions) {
    assertUsableIdentity(options.identity);
    this.#options = options;
    this.#limits = { ...defaultListenLimits, ...options.limits };
    this.#anonymousLimits = {
      ...this.#limits,
      maxFrameBytes: this.#limits.maxAnonymousFrameBytes,
      maxRequestsInFlight: Math.min(MAX_ANONYMOUS_REQUESTS, this.#limits.maxRequestsInFlight),
    };
    this.#server = createServer({
      ...this.#context(options.identity),
      requestCert: true,
      // Our own check decides, and can tell the client why; TLS has proven possession of the key either way.
      rejectUnauthorized: false,
      ALPNProtocols: [ALPN_PROTOCOL],
    });
    this.#server.on("connection", (socket: Socket) => this.#onSocket(socket));
    this.#server.on("secureConnection", (socket: TLSSocket) => void this.#onSecure(socket));
    this.#server.on("tlsClientError", (_error: Error, socket: TLSSocket) => socket.destroy());
  }

  get address(): { hostname: string; port: number } {
    return this.#address;
  }

  get connections(): number {
    return this.#addresses.total;
  }

  /** Binds the port. */
  open(): Promise<void> {
    const { hostname, port } = this.#options;
    return new Promise((resolve, reject) => {
      const onError = (cause: Error) => {
        const message = `cannot listen on ${hostname}:${port}`;
        reject(new NetworkError("listen-failed", message, { cause, hint: "is the port taken?" }));
      };
      this.#server.once("error", onError);
      this.#server.listen(port, hostname, () => {
        this.#server.off("error", onError);
        this.#onListening();
        resolve();
      });
    });
  }

  setIdentity(identity: TlsIdentity): void {
    assertUsableIdentity(identity);
    this.#server.setSecureContext(this.#context(identity));
  }

  close(reason?: ParleyError): Promise<void> {
    return this.#closed ??= this.#close(reason);
  }

  async #close(reason?: ParleyError): Promise<void> {
    this.#stopTicker?.();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { socket } of this.#handshakes.values()) socket.destroy();
    await Promise.all([...this.#connections].map((connection) => connection.close(reason)));
    await closed;
  }

  #onListening(): void {
    const { address, port } = this.#server.address() as AddressInfo;
    this.#address = { hostname: address, port };
    this.#server.on("error", (error) => this.#onInternalError(error));
    const { pingAfterMs, deadAfterMs, handshakeTimeoutMs, anonymousLifetimeMs } = this.#limits;
    const periodMs = tickPeriodMs(pingAfterMs, deadAfterMs, handshakeTimeoutMs, anonymousLifetimeMs);
    this.#stopTicker = startTicker(periodMs, (elapsedMs) => this.#tick(elapsedMs));
  }

  #context(identity: TlsIdentity) {
    return {
      key: identity.keyPem,
      cert: identity.certificatesPem,
      ca: this.#options.clientAuthorities,
      minVersion: "TLSv1.3",
    } as const;
  }

  /** Counts a socket before its handshake; one too many is cut off, for an answer would cost a handshake. */
  #onSocket(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    const { maxConnections, maxConnectionsPerAddress, handshakeTimeoutMs } = this.#limits;
    // What goes wrong in the handshake is told by tlsClientError, later by the TLS socket.
    socket.on("error", () => socket.destroy());
    if (
      remoteAddress === undefined || this.#closed !== undefined || this.#addresses.total >= maxConnections ||
      this.#addresses.count(remoteAddress) >= maxConnectionsPerAddress
    ) {
      socket.destroy();
      return;
    }
    const key = `${remoteAddress} ${remotePort}`;
    this.#addresses.add(remoteAddress);
    this.#handshakes.set(key, { socket, deadline: performance.now() + handshakeTimeoutMs });
    socket.once("close", () => {
      this.#addresses.remove(remoteAddress);
      this.#handshakes.delete(key);
    });
  }

  async #onSecure(socket: TLSSocket): Promise<void> {
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
    const key = `${socket.remoteAddress} ${socket.remotePort}`;
    const tcp = this.#handshakes.get(key)?.socket;
    if (tcp === undefined || socket.alpnProtocol !== ALPN_PROTOCOL) {
      socket.destroy();
      return;
    }
    const gate = new ReadGate(socket, tcp);
    gate.open = false;
    let peer: VerifiedPeer | undefined;
    let refusal: ParleyError | undefined;
    try {
      const chain = peerCertificates(socket);
      peer = chain.length === 0 ? undefined : await this.#options.checkClient(chain);
      if (chain.length === 0) this.#assertRoomForAnonymous();
    } catch (error) {
      refusal = toParleyError(error);
      if (refusal.kind === "internal") this.#onInternalError(error);
    }
    this.#handshakes.delete(key);
    if (this.#closed !== undefined) socket.destroy();
    if (!socket.destroyed) this.#admit(socket, gate, peer, refusal);
  }

  #assertRoomForAnonymous(): void {
    if (this.#anonymous.size < this.#limits.maxAnonymousConnections) return;
    throw new NetworkError("too-many-connections", "too many devices are enrolling now", {
      hint: "try again in a minute",
    });
  }

  #admit(
    socket: TLSSocket,
    gate: ReadGate,
    peer: VerifiedPeer | undefined,
    refusal: ParleyError | undefined,
  ): void {
    const limits = peer === undefined ? this.#anonymousLimits : this.#limits;
    const connection = new TlsRelayConnection(
      socket,
      gate,
      peer,
      limits,
      (error) => this.#onInternalError(error),
    );
    this.#connections.add(connection);
    if (peer === undefined && refusal === undefined) {
      this.#anonymous.set(connection, performance.now() + this.#limits.anonymousLifetimeMs);
    }
    void connection.closed.then(() => {
      this.#connections.delete(connection);
      this.#anonymous.delete(connection);
    });
    if (refusal !== undefined) void connection.close(refusal);
    else this.#handOver(connection);
  }

  #handOver(connection: TlsRelayConnection): void {
    try {
      this.#options.onConnection(connection);
    } catch (error) {
      this.#onInternalError(error);
      void connection.close(toParleyError(error));
    }
  }

  #tick(elapsedMs: number): void {
    const now = performance.now();
    for (const { socket, deadline } of this.#handshakes.values()) if (now > deadline) socket.destroy();
    for (const [connection, end] of this.#anonymous) {
      if (now > end) {
        void connection.close(new ProtocolError("anonymous-expired", "the time to enrol is over"));
      }
    }
    for (const connection of this.#connections) connection.tick(elapsedMs);
  }

  #onInternalError(error: unknown): void {
    this.#options.onInternalError?.(error);
  }
}
