import {
  configure,
  getJsonLinesFormatter,
  getLogger,
  type Logger,
  type LogRecord,
  reset,
} from "@logtape/logtape";
import type { CommandContext } from "./command.ts";
import { printable } from "./printable.ts";

/** The log of a server, on standard error until it is disposed of. */
export interface ServeLog extends AsyncDisposable {
  /** Where to write. */
  readonly logger: Logger;
}

/** Opens the log: lines of text, or JSON lines with `--json`; with `--quiet` only warnings and errors. */
export async function openServeLog({ io, out, options }: CommandContext): Promise<ServeLog> {
  const format = out.json ? getJsonLinesFormatter() : formatLine;
  const category = ["parley", "relay"];
  await configure({
    reset: true,
    sinks: { stderr: (record) => io.stderr.write(format(record)) },
    loggers: [
      { category: "parley", sinks: ["stderr"], lowestLevel: options.quiet ? "warning" : "info" },
      // The library's own; without an entry it would write to standard output.
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "warning" },
    ],
  });
  return { logger: getLogger(category), [Symbol.asyncDispose]: () => reset() };
}

function formatLine({ timestamp, level, message }: LogRecord): string {
  const text = message.map((part) => typeof part === "string" ? part : String(part)).join("");
  return `${new Date(timestamp).toISOString()} ${level} ${printable(text)}\n`;
}
