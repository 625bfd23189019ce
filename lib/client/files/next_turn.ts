import { setImmediate } from "node:timers";

/** Lets the event loop do what is due between two portions of work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
