import { NetworkError, TimeoutError } from "../errors/mod.ts";

/** Whether another attempt may mend this: the network failed, or the time was over. */
export function isPassing(error: unknown): boolean {
  return error instanceof NetworkError || error instanceof TimeoutError;
}
