import type { Frame, OperationName } from "../wire/mod.ts";
import { BLOB_RECORD_BYTES, limits as wireLimits } from "../wire/mod.ts";

/** Bounds of what is taken in at once. */
export interface IntakeLimits {
  /** Requests in flight. */
  maxRequestsInFlight: number;
  /** Bytes of the requests in flight and of the answers that they may get, together. */
  maxRequestBytesInFlight: number;
}

/** Answers that may be much larger than their requests, in bytes; they count from the start. */
const answerBytes: Partial<Record<OperationName, number>> = {
  "sync": wireLimits.maxSyncBytes,
  "take-key-packages": wireLimits.maxKeyPackages * wireLimits.maxKeyPackageBytes,
  "mailboxes": wireLimits.maxMailboxes * 100,
  "devices": wireLimits.maxDevices * 100,
  "blob-get": BLOB_RECORD_BYTES,
  "group-info": wireLimits.maxGroupInfoBytes,
};

/** How many bytes a request takes up while it is in flight, by its name and the length of its body. */
export function requestCost(op: OperationName, bodyBytes: number): number {
  return bodyBytes + (answerBytes[op] ?? 0);
}

/**
 * The frames of a connection in the order of their arrival, and the count of the requests in flight. While
 * that count is at its bound, frames wait here; reading pauses as soon as one does, so at most the frames
 * of one read ever wait.
 */
export class FrameIntake {
  readonly #limits: IntakeLimits;
  #frames: Frame[] = [];
  #next = 0;
  #requests = 0;
  #requestBytes = 0;

  /** Creates an empty intake. */
  constructor(limits: IntakeLimits) {
    this.#limits = limits;
  }

  /** Requests that have no answer yet. */
  get requestsInFlight(): number {
    return this.#requests;
  }

  /** Whether no frame waits. */
  get empty(): boolean {
    return this.#next === this.#frames.length;
  }

  /** Whether another request may begin. */
  get hasRoom(): boolean {
    return this.#requests < this.#limits.maxRequestsInFlight &&
      this.#requestBytes < this.#limits.maxRequestBytesInFlight;
  }

  /** Adds the frames of one read. */
  add(frames: Frame[]): void {
    this.#frames = this.empty ? frames : [...this.#frames.slice(this.#next), ...frames];
    this.#next = 0;
  }

  /** Takes the next frame; undefined when none is left. */
  take(): Frame | undefined {
    const frame = this.#frames[this.#next];
    if (frame === undefined) return undefined;
    this.#next++;
    if (this.empty) this.clear();
    return frame;
  }

  /** Counts a request that begins. */
  begin(cost: number): void {
    this.#requests++;
    this.#requestBytes += cost;
  }

  /** Counts a request that has its answer. */
  finish(cost: number): void {
    this.#requests--;
    this.#requestBytes -= cost;
  }

  /** Drops the frames that wait. */
  clear(): void {
    this.#frames = [];
    this.#next = 0;
  }
}
