import { ParleyError, UsageError } from "../../errors/mod.ts";
import type { ProfileConsole } from "./profile.ts";

/** How to hold a conversation at the prompt. */
export interface PromptLoopOptions {
  /** What is asked each time. */
  readonly prompt: string;
  /** What is asked before it; any answer goes on. */
  readonly before?: string;
  /** What leaves, in any case of letters; the end of input does, too. */
  readonly leave: string;
  /** Rejects when the session has ended. */
  readonly ended?: Promise<never>;
  /** Codes of errors that the user can do something about; a {@link UsageError} always is one. */
  readonly correctable?: readonly string[];
}

/**
 * Hands over each line that is typed until one leaves. What the user can do something about is told and the session
 * goes on; what else `take` throws ends it.
 */
export async function promptLoop(
  console: ProfileConsole,
  { prompt, before, leave, ended, correctable = [] }: PromptLoopOptions,
  take: (line: string) => void | Promise<void>,
): Promise<void> {
  const orEnd = <T>(work: T | Promise<T>) => ended === undefined ? work : Promise.race([work, ended]);
  for (;;) {
    if (before !== undefined && await orEnd(console.ask(before)) === undefined) return;
    const line = await orEnd(console.ask(prompt));
    if (line === undefined || line.trim().toLowerCase() === leave) return;
    try {
      await orEnd(take(line));
    } catch (error) {
      const known = error instanceof ParleyError && correctable.includes(error.code);
      if (!known && !(error instanceof UsageError)) throw error;
      console.note(error.message);
    }
  }
}
