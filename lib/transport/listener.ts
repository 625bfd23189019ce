import type { ParleyError } from "../errors/mod.ts";
import type { RelayConnection } from "./connection.ts";
import type { ListenLimits } from "./limits.ts";
import type { ChainCheck, TlsIdentity } from "./peer.ts";

/** How to listen. */
export interface ListenOptions {
  /** Name or address to bind. */
  hostname: string;
  /** Port to bind; 0 for any. */
  port: number;
  /** What clients are shown. */
  identity: TlsIdentity;
  /** The CA's certificates in PEM; they tell a client which certificate to show and complete its chain. */
  clientAuthorities: string;
  /** Decides over a client's certificate. */
  checkClient: ChainCheck;
  /** Gets every connection that was admitted; must call `connection.handle` before it returns. */
  onConnection(connection: RelayConnection): void;
  /** Gets what was thrown and may not be told to the peer. */
  onInternalError?(error: unknown): void;
  /** Bounds that differ from the default. */
  limits?: Partial<ListenLimits>;
}

/** Accepts connections until it is closed. */
export interface Listener {
  /** Where it listens. */
  readonly address: { hostname: string; port: number };
  /** Connections that are open now, those in their handshake included. */
  readonly connections: number;
  /**
   * Shows another certificate from the next handshake on; open connections stay.
   *
   * @throws {UsageError} `identity-unusable`
   */
  setIdentity(identity: TlsIdentity): void;
  /** Stops accepting, says goodbye on every connection and waits until all are closed. */
  close(reason?: ParleyError): Promise<void>;
}
