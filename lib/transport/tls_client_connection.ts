import type { TLSSocket } from "node:tls";
import {
  AuthenticationError,
  NetworkError,
  type ParleyError,
  ProtocolError,
  toParleyError,
  UsageError,
} from "../errors/mod.ts";
import {
  decodePush,
  decodeRemoteError,
  decodeResponse,
  encodeSplitRequest,
  type Frame,
  FRAME_HEADER_BYTES,
  fromRemoteError,
  limits as wireLimits,
  type OperationName,
  type OperationRequest,
  type OperationResponse,
  type SplitBody,
} from "../wire/mod.ts";
import type { ClientConnection, PushListener, RequestOptions } from "./connection.ts";
import { FrameChannel } from "./frame_channel.ts";
import type { ConnectionLimits } from "./limits.ts";
import type { ChainCheck, VerifiedPeer } from "./peer.ts";
import { type PendingRequest, PendingRequests } from "./pending_requests.ts";
import { PushQueue } from "./push_queue.ts";
import type { ReadGate } from "./read_gate.ts";
import { startTicker, tickPeriodMs } from "./ticker.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = wireLimits.maxFrameBytes - FRAME_HEADER_BYTES;

/** The client's end of a connection over TLS: asks requests and takes pushes. */
export class TlsClientConnection implements ClientConnection {
  readonly peerChain: readonly Uint8Array<ArrayBuffer>[];
  readonly remoteAddress: string;
  readonly #channel: FrameChannel;
  readonly #requests: PendingRequests;
  readonly #pushes: PushQueue;
  readonly #stopTicker: () => void;
  #peer: VerifiedPeer | undefined;
  #overReason: ParleyError | undefined;

  /** Takes over a socket; `peer` is undefined where the check of the relay is deferred. */
  constructor(
    socket: TLSSocket,
    gate: ReadGate,
    chain: Uint8Array<ArrayBuffer>[],
    peer: VerifiedPeer | undefined,
    limits: ConnectionLimits,
    onInternalError: (error: unknown) => void,
  ) {
    this.#peer = peer;
    this.peerChain = chain;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.#pushes = new PushQueue(limits, onInternalError);
    this.#requests = new PendingRequests({
      ready: () => !this.#channel.outbox.full,
      send: (id, { body, tail }) => this.#channel.send("request", id, body, tail),
    }, limits.maxRequestsInFlight);
    this.#channel = new FrameChannel(socket, gate, limits, {
      onFrames: (frames) => frames.forEach((frame) => this.#onFrame(frame)),
      onDrained: () => this.#requests.pump(),
      onOver: (reason) => this.#onOver(reason),
    });
    const periodMs = tickPeriodMs(limits.pingAfterMs, limits.deadAfterMs);
    this.#stopTicker = startTicker(periodMs, (elapsedMs) => this.#channel.tick(elapsedMs));
  }

  get peer(): VerifiedPeer | undefined {
    return this.#peer;
  }

  get closed(): Promise<ParleyError | undefined> {
    return this.#channel.closed;
  }

  async request<N extends OperationName>(
    op: N,
    fields: OperationRequest<N>,
    options: RequestOptions = {},
  ): Promise<OperationResponse<N>> {
    options.signal?.throwIfAborted();
    if (this.#peer === undefined && op !== "hello") {
      throw new AuthenticationError("relay-not-verified", `the relay must be verified before ${op} is asked`);
    }
    const split = encodeSplitRequest(op, fields);
    const bodyBytes = split.body.length + (split.tail?.length ?? 0);
    if (bodyBytes > MAX_BODY_BYTES) {
      throw new UsageError("request-too-large", `the request ${op} of ${bodyBytes} bytes is too large`);
    }
    const answer = await this.#ask(op, split, options);
    try {
      return decodeResponse(op, answer);
    } catch (error) {
      this.#channel.end(toParleyError(error));
      throw error;
    }
  }

  onPush(listener: PushListener): void {
    this.#pushes.listen(listener);
  }

  async verifyPeer(check: ChainCheck): Promise<VerifiedPeer> {
    try {
      return this.#peer = await check([...this.peerChain]);
    } catch (error) {
      await this.close(toParleyError(error));
      throw error;
    }
  }

  async close(reason?: ParleyError): Promise<void> {
    this.#channel.end(reason);
    await this.closed;
  }

  #ask(op: OperationName, { body, tail }: SplitBody, options: RequestOptions): Promise<Uint8Array> {
    if (!this.#channel.open) return Promise.reject(this.#whyClosed());
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    return new Promise((resolve, reject) => {
      const onAbort = () => this.#requests.giveUp(pending, signal?.reason);
      const settled = () => signal?.removeEventListener("abort", onAbort);
      const pending: PendingRequest = {
        op,
        body,
        tail,
        deadline: performance.now() + timeoutMs,
        resolve: (answer) => (settled(), resolve(answer)),
        reject: (error) => (settled(), reject(error)),
      };
      signal?.addEventListener("abort", onAbort);
      this.#requests.add(pending);
    });
  }

  #onFrame(frame: Frame): void {
    if (frame.type === "push") return this.#pushes.add(decodePush(frame.body), frame.body.length);
    if (frame.type !== "response" && frame.type !== "error") {
      throw new ProtocolError("unexpected-frame", "a relay sends answers and pushes only");
    }
    // Decoded first: a request that was taken would be left without any answer if this threw.
    const error = frame.type === "error" ? fromRemoteError(decodeRemoteError(frame.body)) : undefined;
    const pending = this.#requests.take(frame.requestId);
    if (pending === undefined) {
      throw new ProtocolError("unknown-request-id", "an answer belongs to no request");
    }
    if (error === undefined) pending?.resolve(frame.body);
    else pending?.reject(error);
  }

  #onOver(reason: ParleyError | undefined): void {
    this.#stopTicker();
    this.#overReason = reason;
    this.#requests.rejectAll(this.#whyClosed());
  }

  #whyClosed(): ParleyError {
    return this.#overReason ?? new NetworkError("connection-closed", "the connection is closed");
  }
}
