// deno-lint-ignore-file no-control-regex
import { graphemes, graphemeWidth } from "../../commands/terminal/text_width.ts";

/**
 * Interprets what the line editor writes, as a terminal would: text, CR, LF, erasing, moving the cursor.
 * Throws on every control that the editor has no business to write.
 */
export class VirtualTerminal {
  columns: number;
  /** Each row as cells; a wide character fills its first cell and leaves the second empty. */
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  /** The rows' texts without trailing spaces. */
  get rows(): string[] {
    return this.#rows.map((cells) => Array.from(cells, (cell) => cell ?? " ").join("").trimEnd());
  }

  /** What stands left of the cursor in its row. */
  get beforeCursor(): string {
    return Array.from(this.#rows[this.#row]!.slice(0, this.#column), (cell) => cell ?? " ").join("");
  }

  write(output: string): void {
    for (const part of output.match(/\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\r\n\x1b]+|\x1b/g) ?? []) {
      if (part === "\r") this.#column = 0;
      else if (part === "\n") this.#down();
      else if (part.startsWith("\x1b")) this.#control(part);
      else graphemes(part).forEach((grapheme) => this.#put(grapheme));
    }
  }

  #control(sequence: string): void {
    const count = Number(sequence.slice(2, -1)) || 1;
    const cells = this.#rows[this.#row]!;
    if (/^\x1b\[\d*C$/.test(sequence)) this.#column += count;
    else if (/^\x1b\[\d*A$/.test(sequence)) this.#row = Math.max(0, this.#row - count);
    else if (sequence === "\x1b[K") cells.length = Math.min(cells.length, this.#column);
    else if (sequence === "\x1b[J") {
      cells.length = Math.min(cells.length, this.#column);
      this.#rows.length = this.#row + 1;
    } else if (!/^\x1b\[(\d+m|\?2004[hl])$/.test(sequence)) {
      throw new Error(`unexpected control ${JSON.stringify(sequence)}`);
    }
  }

  #put(grapheme: string): void {
    if (/\p{Cc}/u.test(grapheme)) throw new Error(`unexpected control ${JSON.stringify(grapheme)}`);
    const width = graphemeWidth(grapheme);
    if (this.#column + width > this.columns) {
      this.#down();
      this.#column = 0;
    }
    const cells = this.#rows[this.#row]!;
    cells[this.#column] = grapheme;
    if (width === 2) cells[this.#column + 1] = "";
    this.#column += width;
  }

  #down(): void {
    this.#row++;
    if (this.#row === this.#rows.length) this.#rows.push([]);
  }
}
