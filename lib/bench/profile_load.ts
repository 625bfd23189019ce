/** Sends messages through the server of a classic system and takes what comes of them. */
export interface ProfileLoad {
  /** Makes so many messages beforehand, where each has to be made anew. */
  prepare?(count: number): void;
  /** Writes so many messages at once. */
  send(count: number): Promise<void>;
  /** Waits for at least one message; returns how many were decoded and found to be what was expected. */
  receive(): Promise<number>;
}

/** One run. */
export interface ProfileRun {
  /** Messages on their way at once; 1 is lock-step. */
  window: number;
  /** Messages in all. */
  count: number;
}

/** Takes so many messages through, with never more than a window of them under way; returns the milliseconds. */
export async function runProfileLoad(load: ProfileLoad, { window, count }: ProfileRun): Promise<number> {
  load.prepare?.(count);
  const began = performance.now();
  let sent = Math.min(window, count), received = 0;
  await load.send(sent);
  while (received < count) {
    received += await load.receive();
    const free = Math.min(window - (sent - received), count - sent);
    if (free === 0) continue;
    sent += free;
    await load.send(free);
  }
  return performance.now() - began;
}
