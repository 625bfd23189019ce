import type { Push } from "../wire/mod.ts";
import type { PushListener } from "./connection.ts";

/** Bounds of a queue of pushes. */
export interface PushQueueLimits {
  /** Pushes that wait at once. */
  maxQueuedPushes: number;
  /** Bytes of the pushes that wait, together. */
  maxQueuedPushBytes: number;
}

/**
 * Hands pushes to a listener one at a time and keeps what comes meanwhile, within bounds. Beyond them it
 * keeps one `lagged` instead, after which the client asks for what it missed, and the newest CRL.
 */
export class PushQueue {
  readonly #limits: PushQueueLimits;
  readonly #onError: (error: unknown) => void;
  #waiting: QueuedPush[] = [];
  #waitingBytes = 0;
  #listener: PushListener | undefined;
  #delivering = false;

  /** Creates an empty queue; `onError` gets what the listener throws. */
  constructor(limits: PushQueueLimits, onError: (error: unknown) => void) {
    this.#limits = limits;
    this.#onError = onError;
  }

  /** Sets the listener, which gets what has been kept first. */
  listen(listener: PushListener): void {
    this.#listener = listener;
    void this.#deliver();
  }

  /** Takes a push whose encoding has `size` bytes. */
  add(push: Push, size: number): void {
    this.#waiting.push({ push, size });
    this.#waitingBytes += size;
    const { maxQueuedPushes, maxQueuedPushBytes } = this.#limits;
    if (this.#waiting.length > maxQueuedPushes || this.#waitingBytes > maxQueuedPushBytes) this.#collapse();
    void this.#deliver();
  }

  /** Drops what waits and the listener. */
  clear(): void {
    this.#waiting = [];
    this.#listener = undefined;
  }

  #collapse(): void {
    const crl = this.#waiting.findLast(({ push }) => push.push === "crl");
    const lagged: QueuedPush = { push: { push: "lagged" }, size: 0 };
    this.#waiting = crl === undefined ? [lagged] : [crl, lagged];
    this.#waitingBytes = crl?.size ?? 0;
  }

  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      try {
        const settled = this.#listener?.(next);
        if (settled !== undefined) await settled;
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#delivering = false;
  }

  #next(): Push | undefined {
    if (this.#listener === undefined) return undefined;
    const queued = this.#waiting.shift();
    this.#waitingBytes -= queued?.size ?? 0;
    return queued?.push;
  }
}

interface QueuedPush {
  push: Push;
  size: number;
}
