const MAX_LINES = 500;

/** The lines that were entered, and the one that is being typed below them. */
export class LineHistory {
  readonly #lines: string[] = [];
  #at = 0;
  #draft = "";

  /** Adds an entered line; an empty one, or the same again, is not kept. */
  add(line: string): void {
    if (line.trim() !== "" && line !== this.#lines.at(-1)) this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    this.#at = this.#lines.length;
    this.#draft = "";
  }

  /** Goes up by one line; `draft` is kept for the way back. Undefined at the top. */
  older(draft: string): string | undefined {
    if (this.#at === 0) return undefined;
    if (this.#at === this.#lines.length) this.#draft = draft;
    return this.#lines[--this.#at];
  }

  /** Goes down by one line, at last to the draft. Undefined at the bottom. */
  newer(): string | undefined {
    if (this.#at === this.#lines.length) return undefined;
    return this.#lines[++this.#at] ?? this.#draft;
  }
}
