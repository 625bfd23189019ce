import type { TLSSocket } from "node:tls";
import { DecodeError, NetworkError, type ParleyError, toParleyError } from "../errors/mod.ts";
import {
  decodeRemoteError,
  encodeFrameStart,
  encodeHotResponse,
  encodeRemoteError,
  type Frame,
  FRAME_START_BYTES,
  FrameDecoder,
  fromRemoteError,
  type HotResponse,
  MAX_HOT_RESPONSE_BYTES,
  type OperationResponse,
  toRemoteError,
} from "../wire/mod.ts";
import { FrameOutbox } from "./frame_outbox.ts";
import { longFrameBuffers } from "./long_frame_buffers.ts";
import type { ConnectionLimits } from "./limits.ts";
import type { ReadGate } from "./read_gate.ts";

/** What a channel tells its owner. */
export interface ChannelOwner {
  /** Takes the requests, answers, errors and pushes of one read; throws a ParleyError to end the channel. */
  onFrames(frames: Frame[]): void;
  /** Hears that a full outbox has drained. */
  onDrained(): void;
  /** Hears, once, that no more frames come or go, and why. */
  onOver(reason: ParleyError | undefined): void;
}

const NO_BODY = new Uint8Array();

/**
 * A TLS socket as a channel of frames. Answers pings, watches for silence, understands goodbyes, and brings
 * the socket to its end whatever happens: no event of the socket is left unhandled.
 *
 * ```text
 * open ── end(), goodbye, end of stream ──> ending ── peer has ended, or closeTimeoutMs ──> closed
 *   └──────────── reset, silence ───────────────────────────────────────────────────────────^
 * ```
 */
export class FrameChannel {
  /** Resolves with the reason when the socket is closed. */
  readonly closed: Promise<ParleyError | undefined>;
  /** What waits to be written. */
  readonly outbox: FrameOutbox;
  readonly #socket: TLSSocket;
  readonly #gate: ReadGate;
  readonly #limits: ConnectionLimits;
  readonly #owner: ChannelOwner;
  readonly #decoder: FrameDecoder;
  #open = true;
  #reason: ParleyError | undefined;
  #destroyTimer: ReturnType<typeof setTimeout> | undefined;
  #heard = true;
  #silentMs = 0;

  /** Takes over a socket whose handshake is done. Reading begins in the next turn of the event loop. */
  constructor(socket: TLSSocket, gate: ReadGate, limits: ConnectionLimits, owner: ChannelOwner) {
    this.#socket = socket;
    this.#gate = gate;
    this.#limits = limits;
    this.#owner = owner;
    this.#decoder = new FrameDecoder(limits.maxFrameBytes, (bytes) => longFrameBuffers.take(bytes));
    this.outbox = new FrameOutbox(socket, limits, (drained) => this.#onProgress(drained));
    this.closed = new Promise((resolve) => socket.on("close", () => resolve(this.#onClose())));
    socket.on("data", (chunk: Uint8Array) => this.#onData(chunk));
    socket.on("end", () => this.#onEnd());
    socket.on("error", (cause: Error) => this.#over(lost(cause)));
    gate.open = true;
  }

  /** Whether frames still come and go. */
  get open(): boolean {
    return this.#open;
  }

  /** Queues a frame; drops it where the channel is over. */
  send(type: Frame["type"], requestId = 0, body: Uint8Array = NO_BODY, tail?: Uint8Array): void {
    if (this.#open) this.outbox.send({ type, requestId, body, tail });
  }

  /** Queues the answer to what every message costs, encoded in its place. */
  sendHotResponse(requestId: number, op: HotResponse, fields: OperationResponse<HotResponse>): void {
    if (!this.#open) return;
    this.outbox.sendInPlace(FRAME_START_BYTES + MAX_HOT_RESPONSE_BYTES, (bytes, at) => {
      const start = at + FRAME_START_BYTES;
      const end = encodeHotResponse(bytes, start, op, fields);
      encodeFrameStart(bytes, at, { type: "response", requestId, bodyBytes: end - start });
      return end;
    });
  }

  /** Stops or resumes reading. */
  setPaused(paused: boolean): void {
    if (this.#open) this.#gate.open = !paused;
  }

  /** Says goodbye with the reason, if there is one, sends what is queued, and ends. */
  end(reason?: ParleyError): void {
    if (!this.#open) return;
    if (reason !== undefined) this.send("goodbye", 0, encodeRemoteError(toRemoteError(reason)));
    this.#over(reason);
  }

  /** Counts time; pings after silence, and gives up after a longer one. */
  tick(elapsedMs: number): void {
    const { pingAfterMs, deadAfterMs } = this.#limits;
    const before = this.#heard ? 0 : this.#silentMs;
    this.#heard = false;
    this.#silentMs = before + elapsedMs;
    if (!this.#open) return;
    // Who does not read, because its own requests are still at work or its answers do not leave, hears nothing.
    const excused = !this.#gate.open && !this.outbox.full;
    if (this.#silentMs >= deadAfterMs && !excused) {
      this.#over(new NetworkError("connection-silent", "the other end has fallen silent"));
      this.#socket.destroy();
    } else if (Math.floor(this.#silentMs / pingAfterMs) > Math.floor(before / pingAfterMs)) {
      this.send("ping");
    }
  }

  #onData(chunk: Uint8Array): void {
    this.#heard = true;
    if (!this.#open) return;
    try {
      // The runtime's Buffer is slower to cut than what it is made of.
      const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#onFrames(this.#decoder.push(bytes));
    } catch (error) {
      this.end(toParleyError(error));
    }
  }

  #onFrames(frames: Frame[]): void {
    // Nearly always there is nothing else.
    if (frames.every(isMessage)) return frames.length > 0 ? this.#owner.onFrames(frames) : undefined;
    const others: Frame[] = [];
    let goodbye: Frame | undefined;
    for (const frame of frames) {
      if (frame.type === "ping") this.#answerPing();
      else if (frame.type === "goodbye") goodbye ??= frame;
      else if (frame.type !== "pong" && goodbye === undefined) others.push(frame);
    }
    if (others.length > 0) this.#owner.onFrames(others);
    if (goodbye !== undefined) this.#over(fromRemoteError(decodeRemoteError(goodbye.body)));
  }

  /** A peer that pings and does not read gets no more pongs than the outbox holds. */
  #answerPing(): void {
    if (!this.outbox.full) this.send("pong");
  }

  #onProgress(drained: boolean): void {
    this.#heard = true;
    if (drained && this.#open) this.#owner.onDrained();
  }

  #onEnd(): void {
    this.#over(this.#decoder.idle ? undefined : lost(new DecodeError("truncated", "a frame was cut off")));
  }

  #onClose(): ParleyError | undefined {
    clearTimeout(this.#destroyTimer);
    this.#over(lost());
    this.outbox.clear();
    return this.#reason;
  }

  /** Ends this side, and reads on until the other side has ended: unread bytes would reset the goodbye away. */
  #over(reason: ParleyError | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    this.#gate.open = true;
    this.#reason = reason;
    this.outbox.end();
    if (!this.#socket.destroyed) {
      this.#destroyTimer = setTimeout(() => this.#socket.destroy(), this.#limits.closeTimeoutMs);
    }
    this.#owner.onOver(reason);
  }
}

function isMessage({ type }: Frame): boolean {
  return type !== "ping" && type !== "pong" && type !== "goodbye";
}

function lost(cause?: Error): NetworkError {
  return new NetworkError("connection-lost", "the connection was lost", { cause });
}
