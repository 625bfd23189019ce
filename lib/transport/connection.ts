import type { ParleyError } from "../errors/mod.ts";
import type { OperationName, OperationRequest, OperationResponse, Push } from "../wire/mod.ts";
import type { ChainCheck, VerifiedPeer } from "./peer.ts";

/** What a handler returns that gives its answer to {@link Answer}. */
export const LATER: unique symbol = Symbol("later");

/** Takes the answer to a request, or its error, once. What a message costs goes without a promise of its own. */
export interface Answer<N extends OperationName> {
  /** The request took effect. The fields are encoded when this returns: their buffers may be used again. */
  resolve(fields: OperationResponse<N>): void;
  /** It did not. */
  reject(error: unknown): void;
}

/**
 * Answers the requests of a connection. All requests that arrive in one read are handed over one after the
 * other in the same turn of the event loop, so that their effects can share one transaction. What it throws
 * becomes the error that the peer sees; only a ParleyError that is not internal tells the peer more than
 * that something failed. The record of a `blob-put` must not be looked at any more once that is answered.
 */
export type RequestHandler = <N extends OperationName>(
  op: N,
  fields: OperationRequest<N>,
  answer: Answer<N>,
) => Promise<OperationResponse<N>> | OperationResponse<N> | typeof LATER;

/**
 * Takes pushes, one at a time: the next one is handed over when the promise of the last has settled. When
 * too many wait, they are replaced by one `{ push: "lagged" }`.
 */
export type PushListener = (push: Push) => void | Promise<void>;

/** How long one request may take. */
export interface RequestOptions {
  /** Gives up waiting; the request may still take effect. */
  signal?: AbortSignal;
  /** Default 30,000. */
  timeoutMs?: number;
}

/** One end of a connection between a client and a relay; {@link ClientConnection} or {@link RelayConnection}. */
export interface Connection {
  /** Who the other end is; undefined for an anonymous client, and for a relay whose check is deferred. */
  readonly peer: VerifiedPeer | undefined;
  /** The address of the other end. */
  readonly remoteAddress: string;
  /**
   * Resolves, never rejects, when the connection is over: with the reason of whoever closed it or with what
   * went wrong, and with undefined where it was closed without a reason.
   */
  readonly closed: Promise<ParleyError | undefined>;

  /**
   * Closes gracefully: a relay lets the requests in flight finish, a client rejects them; then what is queued
   * is sent, and a goodbye with the reason, if any. Either step is cut off after `closeTimeoutMs`. Resolves
   * when the socket is closed, and never rejects.
   */
  close(reason?: ParleyError): Promise<void>;
}

/** The client's end, from {@link dial}. */
export interface ClientConnection extends Connection {
  /** The relay's certificates in DER, leaf first, as far as it sent them. */
  readonly peerChain: readonly Uint8Array<ArrayBuffer>[];

  /**
   * Asks the relay. When as many requests are in flight as the relay takes, it waits its turn; the wait
   * counts towards the timeout.
   *
   * @throws {TimeoutError} `request-timeout`
   * @throws {NetworkError} `connection-closed`, `connection-lost`, `connection-silent`
   * @throws {DecodeError} `message-malformed`, `cbor-malformed`, where the answer is not as expected
   * @throws {UsageError} `request-too-large`
   * @throws {AuthenticationError} `relay-not-verified`, where the check is deferred and it is not `hello`
   * @throws {ParleyError} whatever the relay answers, or closes the connection with
   * @throws the reason of `signal` where it aborts
   */
  request<N extends OperationName>(
    op: N,
    fields: OperationRequest<N>,
    options?: RequestOptions,
  ): Promise<OperationResponse<N>>;

  /** Sets who gets the pushes. Those that came before are kept within bounds and come first. */
  onPush(listener: PushListener): void;

  /**
   * Where `dial` was told `checkServer: "deferred"`: checks the relay's certificates now. Until this has
   * passed, nothing but `hello` can be asked. Where it fails the connection is closed with its error.
   *
   * @throws {AuthenticationError} what `check` throws
   */
  verifyPeer(check: ChainCheck): Promise<VerifiedPeer>;
}

/** The relay's end, from {@link listen}. */
export interface RelayConnection extends Connection {
  /** Bytes that wait to be written. */
  readonly queuedBytes: number;

  /** Sets who answers requests; must be called before `onConnection` returns. */
  handle(handler: RequestHandler): void;

  /**
   * Sends a push. Returns false where it was not sent because the client reads too slowly or the connection
   * is closing; then leave out pushes until {@link drained}, and send `lagged` first.
   */
  push(push: Push): boolean;

  /** Resolves when the write buffer has drained to its low-water mark, and when the connection is over. */
  drained(): Promise<void>;
}
