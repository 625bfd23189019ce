import type { CommandContext } from "../command.ts";

/** A line at a terminal that says what is being done; elsewhere nothing. */
export class Progress {
  readonly #context: CommandContext;
  readonly #isShown: boolean;
  #isThere = false;

  /** Shows nothing yet. */
  constructor(context: CommandContext) {
    this.#context = context;
    this.#isShown = context.io.stderr.isTerminal() && !context.options.quiet;
  }

  /** Replaces the line. */
  show(doing: string): void {
    if (!this.#isShown) return;
    const { stderr } = this.#context.io;
    const line = `measuring ${doing}`.slice(0, stderr.columns() - 1);
    stderr.write(`\r\x1b[K${line}`);
    this.#isThere = true;
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isThere) this.#context.io.stderr.write("\r\x1b[K");
    this.#isThere = false;
  }
}
