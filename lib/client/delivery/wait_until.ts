import type { Client } from "../client.ts";
import type { DeliveryLevel, RunListener, SentMessage } from "../client_types.ts";

/**
 * Stays connected until a message is so far, or `signal` aborts.
 *
 * @throws the reason of `signal`, and what {@link Client.run} throws
 */
export async function waitUntil(
  client: Client,
  sent: SentMessage,
  level: DeliveryLevel,
  { signal, ...listener }: RunListener & { signal: AbortSignal },
): Promise<void> {
  const done = new AbortController();
  const until = AbortSignal.any([signal, done.signal]);
  const running = client.run(until, listener);
  try {
    // Where the connection ends for good, nothing will be heard any more.
    await Promise.race([
      client.delivery.reached(sent, level, signal),
      running.then(() => signal.throwIfAborted()),
    ]);
  } finally {
    done.abort();
    await running;
  }
}
