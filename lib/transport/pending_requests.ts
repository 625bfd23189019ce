import { type ParleyError, TimeoutError } from "../errors/mod.ts";
import type { OperationName, SplitBody } from "../wire/mod.ts";

/** A request that was asked on this side and has no answer yet, with its encoding. */
export interface PendingRequest extends SplitBody {
  /** What was asked. */
  op: OperationName;
  /** When it times out, by `performance.now()`. */
  deadline: number;
  /** Takes the body of the answer. */
  resolve(body: Uint8Array): void;
  /** Takes the reason why there is none. */
  reject(error: unknown): void;
}

/** How requests go out. */
export interface RequestSender {
  /** Whether another request may go out now, apart from the number in flight. */
  ready(): boolean;
  /** Sends one. */
  send(requestId: number, body: SplitBody): void;
}

const LAST_ID = 0xffff_ffff;

/**
 * Numbers requests, keeps at most `maxInFlight` of them in flight and the others waiting in order, and
 * matches answers. A request that was given up keeps its place until its answer comes, for the peer is
 * still at work on it.
 */
export class PendingRequests {
  readonly #sender: RequestSender;
  readonly #maxInFlight: number;
  readonly #waiting = new Set<PendingRequest>();
  readonly #sent = new Map<number, PendingRequest | undefined>();
  #lastId = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerDeadline = Infinity;

  /** Creates an empty set. */
  constructor(sender: RequestSender, maxInFlight: number) {
    this.#sender = sender;
    this.#maxInFlight = maxInFlight;
  }

  /** Sends a request as soon as there is room for it. */
  add(request: PendingRequest): void {
    this.#waiting.add(request);
    this.pump();
    this.#arm(request.deadline);
  }

  /** Sends what waits, as far as there is room. */
  pump(): void {
    for (const request of this.#waiting) {
      if (this.#sent.size >= this.#maxInFlight || !this.#sender.ready()) return;
      this.#waiting.delete(request);
      const id = this.#nextId();
      this.#sent.set(id, request);
      this.#sender.send(id, request);
    }
  }

  /** Takes the request that an answer belongs to: null if its asker gave up, undefined if it was never asked. */
  take(requestId: number): PendingRequest | null | undefined {
    if (!this.#sent.has(requestId)) return undefined;
    const request = this.#sent.get(requestId);
    this.#sent.delete(requestId);
    this.pump();
    if (this.#sent.size + this.#waiting.size === 0) this.#disarm();
    return request ?? null;
  }

  /** Rejects one request with `error`. */
  giveUp(request: PendingRequest, error: unknown): void {
    if (!this.#waiting.delete(request)) {
      for (const [id, sent] of this.#sent) if (sent === request) this.#sent.set(id, undefined);
    }
    request.reject(error);
  }

  /** Rejects every request with `error`. */
  rejectAll(error: ParleyError): void {
    this.#disarm();
    const all = [...this.#sent.values(), ...this.#waiting];
    this.#sent.clear();
    this.#waiting.clear();
    for (const request of all) request?.reject(error);
  }

  #nextId(): number {
    do this.#lastId = this.#lastId === LAST_ID ? 1 : this.#lastId + 1; while (this.#sent.has(this.#lastId));
    return this.#lastId;
  }

  /** One timer for all: it runs for the earliest deadline that was seen when it was set. */
  #arm(deadline: number): void {
    if (deadline >= this.#timerDeadline) return;
    this.#disarm();
    this.#timerDeadline = deadline;
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, deadline - performance.now()));
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timerDeadline = Infinity;
  }

  #expire(): void {
    this.#timerDeadline = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const request of [...this.#sent.values(), ...this.#waiting]) {
      if (request === undefined) continue;
      if (request.deadline > now) next = Math.min(next, request.deadline);
      else this.giveUp(request, new TimeoutError("request-timeout", `no answer to ${request.op} in time`));
    }
    if (next !== Infinity) this.#arm(next);
  }
}
