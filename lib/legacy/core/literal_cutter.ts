import { mayBecome, startsWith } from "./byte_pattern.ts";
import type { Cutter } from "./message_reader.ts";

/** A kind of message: what it begins with, and how it is cut. */
export type LiteralForm<M> = readonly [literal: Uint8Array, cut: Cutter<M>];

/** Returns the form of a message that is the literal and nothing else. */
export function literalForm<M>(literal: Uint8Array, message: M): LiteralForm<M> {
  return [literal, () => ({ message, size: literal.length })];
}

/**
 * Returns the cutter for messages that are told by what they begin with. What may still become one of these waits;
 * `otherwise` cuts what is none.
 */
export function literalCutter<M>(forms: readonly LiteralForm<M>[], otherwise: Cutter<M>): Cutter<M> {
  return (bytes, quiet) => {
    for (const [literal, cut] of forms) {
      if (startsWith(bytes, literal)) return cut(bytes, quiet);
      if (mayBecome(bytes, literal, quiet)) return undefined;
    }
    return otherwise(bytes, quiet);
  };
}
