import type { TLSSocket } from "node:tls";
import {
  AuthenticationError,
  DecodeError,
  InternalError,
  type ParleyError,
  ProtocolError,
} from "../errors/mod.ts";
import {
  decodeRequest,
  encodePush,
  encodeRemoteError,
  encodeSplitResponse,
  type Frame,
  FRAME_HEADER_BYTES,
  isAnonymousOperation,
  isHotResponse,
  limits as wireLimits,
  type OperationName,
  type OperationRequest,
  type OperationResponse,
  type Push,
  type ReceivedRequest,
  toRemoteError,
} from "../wire/mod.ts";
import { type Answer, LATER, type RelayConnection, type RequestHandler } from "./connection.ts";
import { FrameChannel } from "./frame_channel.ts";
import { FrameIntake, requestCost } from "./frame_intake.ts";
import type { ConnectionLimits } from "./limits.ts";
import { longFrameBuffers } from "./long_frame_buffers.ts";
import type { VerifiedPeer } from "./peer.ts";
import type { ReadGate } from "./read_gate.ts";

const MAX_BODY_BYTES = wireLimits.maxFrameBytes - FRAME_HEADER_BYTES;

/** The relay's end of a connection over TLS: answers requests and sends pushes. */
export class TlsRelayConnection implements RelayConnection {
  readonly peer: VerifiedPeer | undefined;
  readonly remoteAddress: string;
  readonly #channel: FrameChannel;
  readonly #intake: FrameIntake;
  readonly #closeTimeoutMs: number;
  readonly #onInternalError: (error: unknown) => void;
  #handler: RequestHandler = () => Promise.reject(new InternalError("no request handler is set"));
  #dispatching = false;
  #drainWaiters: (() => void)[] = [];
  #closing: { reason?: ParleyError; timer: ReturnType<typeof setTimeout> } | undefined;

  /** Takes over a socket whose client, if it showed a certificate, has been checked. */
  constructor(
    socket: TLSSocket,
    gate: ReadGate,
    peer: VerifiedPeer | undefined,
    limits: ConnectionLimits,
    onInternalError: (error: unknown) => void,
  ) {
    this.peer = peer;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.#intake = new FrameIntake(limits);
    this.#closeTimeoutMs = limits.closeTimeoutMs;
    this.#onInternalError = onInternalError;
    this.#channel = new FrameChannel(socket, gate, limits, {
      onFrames: (frames) => this.#onFrames(frames),
      onDrained: () => this.#onDrained(),
      onOver: () => this.#onOver(),
    });
  }

  get closed(): Promise<ParleyError | undefined> {
    return this.#channel.closed;
  }

  get queuedBytes(): number {
    return this.#channel.outbox.queuedBytes;
  }

  handle(handler: RequestHandler): void {
    this.#handler = handler;
  }

  push(push: Push): boolean {
    if (!this.#channel.open || this.#closing !== undefined || this.#channel.outbox.full) return false;
    this.#channel.send("push", 0, encodePush(push));
    return true;
  }

  drained(): Promise<void> {
    if (!this.#channel.open || !this.#channel.outbox.full) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  async close(reason?: ParleyError): Promise<void> {
    if (this.#closing === undefined && this.#channel.open) {
      this.#closing = { reason, timer: setTimeout(() => this.#channel.end(reason), this.#closeTimeoutMs) };
      this.#intake.clear();
      this.#channel.setPaused(true);
      if (this.#intake.requestsInFlight === 0) this.#channel.end(reason);
    }
    await this.closed;
  }

  /** Counts time. */
  tick(elapsedMs: number): void {
    this.#channel.tick(elapsedMs);
  }

  #onFrames(frames: Frame[]): void {
    if (this.#closing !== undefined) return;
    this.#intake.add(frames);
    this.#dispatch();
  }

  /** Begins as many requests as there is room for, and reads on only if none has to wait. */
  #dispatch(): void {
    // A handler that answers at once leads back here.
    if (this.#dispatching) return;
    this.#dispatching = true;
    const outbox = this.#channel.outbox;
    while (this.#channel.open && this.#intake.hasRoom && !outbox.full) {
      const frame = this.#intake.take();
      if (frame === undefined) break;
      this.#begin(frame);
    }
    this.#dispatching = false;
    this.#channel.setPaused(!this.#intake.empty || !this.#intake.hasRoom || outbox.full);
  }

  #begin(frame: Frame): void {
    if (frame.type !== "request") {
      return this.#channel.end(new ProtocolError("unexpected-frame", "a client sends requests only"));
    }
    try {
      const request = decodeRequest(frame.body);
      this.#authorize(request.op);
      this.#start(frame, request);
    } catch (error) {
      if (error instanceof DecodeError) this.#channel.end(error);
      else this.#refuse(frame.requestId, error);
    }
  }

  #authorize(op: OperationName): void {
    if (this.peer !== undefined || isAnonymousOperation(op)) return;
    throw new AuthenticationError("certificate-required", `${op} needs a client certificate`, {
      hint: "enrol this device first",
    });
  }

  /** Runs the handler at once, so that requests begin in the order of arrival. */
  #start({ requestId, body }: Frame, { op, fields }: ReceivedRequest): void {
    const cost = requestCost(op, body.length);
    this.#intake.begin(cost);
    const answer = new PendingAnswer(this.#settle, requestId, op, cost);
    if (op === "blob-put") answer.body = body;
    try {
      const result = this.#handler(op, fields as OperationRequest<OperationName>, answer);
      if (result instanceof Promise) {
        result.then((value) => answer.resolve(value), (error) => answer.reject(error));
      } else if (result !== LATER) answer.resolve(result);
    } catch (error) {
      answer.reject(error);
    }
  }

  readonly #settle: Settle = (pending, fields, error) => {
    const { requestId, op, cost, body } = pending;
    try {
      if (fields === undefined) this.#refuse(requestId, error);
      else this.#respond(requestId, op, fields);
    } catch (error) {
      this.#refuse(requestId, error);
    }
    if (body !== undefined) longFrameBuffers.give(body);
    pending.body = undefined;
    this.#intake.finish(cost);
    if (this.#closing === undefined) this.#dispatch();
    else if (this.#intake.requestsInFlight === 0) this.#channel.end(this.#closing.reason);
  };

  #respond(requestId: number, op: OperationName, fields: OperationResponse<OperationName>): void {
    if (isHotResponse(op)) return this.#channel.sendHotResponse(requestId, op, fields);
    const { body, tail } = encodeSplitResponse(op, fields);
    if (body.length + (tail?.length ?? 0) > MAX_BODY_BYTES) {
      throw new InternalError(`the answer to ${op} is too large for a frame`);
    }
    this.#channel.send("response", requestId, body, tail);
  }

  #refuse(requestId: number, error: unknown): void {
    const remote = toRemoteError(error);
    if (remote.kind === "internal") this.#onInternalError(error);
    this.#channel.send("error", requestId, encodeRemoteError(remote));
  }

  #onDrained(): void {
    this.#releaseDrainWaiters();
    this.#dispatch();
  }

  #onOver(): void {
    clearTimeout(this.#closing?.timer);
    this.#intake.clear();
    this.#releaseDrainWaiters();
  }

  #releaseDrainWaiters(): void {
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

type Settle = (
  pending: PendingAnswer,
  fields: OperationResponse<OperationName> | undefined,
  error?: unknown,
) => void;

/** A request that has no answer yet. */
class PendingAnswer implements Answer<OperationName> {
  readonly requestId: number;
  readonly op: OperationName;
  readonly cost: number;
  /** To be used again afterwards; of a `blob-put`, whose record is on the disk then. */
  body: Uint8Array | undefined;
  readonly #settle: Settle;

  constructor(settle: Settle, requestId: number, op: OperationName, cost: number) {
    this.#settle = settle;
    this.requestId = requestId;
    this.op = op;
    this.cost = cost;
  }

  resolve(fields: OperationResponse<OperationName>): void {
    this.#settle(this, fields);
  }

  reject(error: unknown): void {
    this.#settle(this, undefined, error);
  }
}
