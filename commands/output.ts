import type { GlobalOptions } from "./global_options.ts";
import type { Io } from "./io.ts";
import { formatJsonLine, type JsonRecord } from "./json_line.ts";
import { type Style, styleOf } from "./style.ts";

/**
 * What a command says. Results go to standard output: as text for people or, with `--json`, as one JSON
 * object a line. Notes go to standard error unless `--quiet`. Text that was received from anyone must go
 * through `printable()` first.
 */
export class Output {
  /** Whether results are JSON. */
  readonly json: boolean;
  /** The style of standard output. */
  readonly style: Style;
  readonly #io: Io;
  readonly #quiet: boolean;

  /** Creates the output of one command. */
  constructor(io: Io, options: Pick<GlobalOptions, "json" | "quiet">) {
    this.#io = io;
    this.json = options.json;
    this.#quiet = options.quiet;
    this.style = styleOf(io, io.stdout);
  }

  /** Writes one result: `record` with `--json`, else the lines of `text` (nothing where it is empty). */
  result(record: JsonRecord, text: string | ((style: Style) => string)): void {
    if (this.json) return this.#io.stdout.write(formatJsonLine(record));
    const lines = typeof text === "string" ? text : text(this.style);
    if (lines !== "") this.#io.stdout.write(lines.endsWith("\n") ? lines : lines + "\n");
  }

  /** Writes bytes of a result that is a document of its own (a certificate, a script), as they are. */
  document(text: string): void {
    this.#io.stdout.write(text);
  }

  /** Tells the person at the terminal something that is no result; with `--json`, whoever reads standard error. */
  note(text: string): void {
    if (this.#quiet) return;
    this.#io.stderr.write(this.json ? formatJsonLine({ type: "note", message: text }) : `parley: ${text}\n`);
  }
}
