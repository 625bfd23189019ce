import type { ProfileConsole, ProfileEvent } from "../../lib/legacy/mod.ts";
import type { CommandContext } from "../command.ts";
import { readLines } from "../input.ts";
import { printable } from "../printable.ts";
import { promptSecrets } from "../prompt.ts";

const MAX_LINE_CHARS = 1 << 18;

/** The person at the terminal or the script at the pipe, one line an answer. */
export class LineConsole implements ProfileConsole {
  readonly #context: CommandContext;
  readonly #lines: AsyncIterator<string>;
  readonly #interactive: boolean;

  /** Takes over standard input. */
  constructor(context: CommandContext) {
    const { stdin, stderr } = context.io;
    this.#context = context;
    this.#lines = readLines(stdin, MAX_LINE_CHARS);
    this.#interactive = stdin.isTerminal() && stderr.isTerminal();
  }

  async ask(prompt: string): Promise<string | undefined> {
    if (this.#interactive) this.#context.io.stderr.write(prompt);
    const { value, done } = await this.#lines.next();
    return done ? undefined : value;
  }

  async askSecret(prompt: string): Promise<string | undefined> {
    if (this.#interactive) return (await promptSecrets(this.#context.io, [prompt]))[0];
    return await this.ask(prompt);
  }

  show(event: ProfileEvent): void {
    this.#context.out.result(event, printable(event.text, { multiline: true }));
  }

  note(text: string): void {
    this.#context.out.note(printable(text));
  }
}
