import type { Io, OutputStream } from "./io.ts";

/** Wraps text in terminal attributes, or leaves it as it is where colour is not wanted. */
export interface Style {
  /** For what stands out. */
  bold(text: string): string;
  /** For what stands back. */
  dim(text: string): string;
  /** For errors. */
  red(text: string): string;
  /** For what went well. */
  green(text: string): string;
  /** For names. */
  cyan(text: string): string;
}

/** Returns the style of a stream: plain unless it is a terminal; NO_COLOR and TERM=dumb are respected. */
export function styleOf(io: Io, stream: OutputStream): Style {
  const colour = stream.isTerminal() && io.env("NO_COLOR") === undefined && io.env("TERM") !== "dumb";
  const attribute = (on: number, off: number) => (text: string) =>
    colour ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    bold: attribute(1, 22),
    dim: attribute(2, 22),
    red: attribute(31, 39),
    green: attribute(32, 39),
    cyan: attribute(36, 39),
  };
}
