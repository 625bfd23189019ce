import type { OutputStream } from "../io.ts";
import { printable } from "../printable.ts";
import type { Key } from "./key_decoder.ts";
import { LineBuffer } from "./line_buffer.ts";
import { LineHistory } from "./line_history.ts";
import { graphemes, textWidth } from "./text_width.ts";

/** What a key has led to besides a change of the line. */
export type EditorEvent = { readonly line: string } | "interrupt" | "end-of-input";

const MOST_PROMPT_SHARE = 0.5;

/**
 * One editable row at the bottom of a terminal, with text printed above it. The row never wraps: a line
 * that is wider than the terminal scrolls sideways, so that nothing above is ever overwritten.
 */
export class LineEditor {
  readonly #stream: OutputStream;
  readonly #line = new LineBuffer();
  readonly #history = new LineHistory();
  #prompt: string;
  /** The first grapheme that is shown. */
  #scroll = 0;
  /** The cursor's column as drawn last. */
  #column = 0;

  /** Creates the editor; nothing is drawn yet. */
  constructor(stream: OutputStream, prompt: string) {
    this.#stream = stream;
    this.#prompt = prompt;
  }

  /** The width of the terminal. */
  get columns(): number {
    return this.#stream.columns();
  }

  /** Takes a key and draws what it changes. */
  press(key: Key): EditorEvent | undefined {
    const event = "text" in key ? this.#line.insert(key.text) : this.#edit(key.key);
    this.draw();
    return event ?? undefined;
  }

  /** Changes the prompt. */
  setPrompt(prompt: string): void {
    this.#prompt = prompt;
    this.draw();
  }

  /** Prints lines above the row. They must be printable. */
  printAbove(...lines: string[]): void {
    this.#stream.write(`\r\x1b[K${lines.map((line) => line + "\r\n").join("")}${this.#row()}`);
  }

  /** Draws the row. */
  draw(): void {
    this.#stream.write(this.#row());
  }

  /** Draws the row after the terminal has changed its size. */
  resized(): void {
    // A terminal that became narrower has wrapped the row; its upper part would stay behind.
    const rowsAbove = Math.floor(this.#column / this.#stream.columns());
    this.#stream.write((rowsAbove > 0 ? `\x1b[${rowsAbove}A` : "") + `\r\x1b[J${this.#row()}`);
  }

  /** Removes the row; what is printed next begins in its place. */
  leave(): void {
    this.#stream.write("\r\x1b[K");
  }

  #edit(key: Exclude<Key, { text: string }>["key"]): EditorEvent | undefined {
    const line = this.#line;
    switch (key) {
      case "enter":
        return this.#enter();
      case "interrupt":
        return "interrupt";
      case "end-of-input":
        if (line.text === "") return "end-of-input";
        return void line.delete();
      case "up":
        return this.#recall(this.#history.older(line.text));
      case "down":
        return this.#recall(this.#history.newer());
      case "redraw":
        return void this.#stream.write("\x1b[H\x1b[2J");
      case "tab":
        return undefined;
      default:
        return void LINE_EDITS[key](line);
    }
  }

  #enter(): EditorEvent {
    const line = this.#line.text;
    this.#history.add(line);
    this.#line.set("");
    return { line };
  }

  #recall(line: string | undefined): undefined {
    if (line !== undefined) this.#line.set(line);
  }

  /** The escape sequences and text that draw the row and place the cursor. */
  #row(): string {
    const columns = this.#stream.columns();
    const prompt = cut(this.#prompt, Math.floor(columns * MOST_PROMPT_SHARE));
    // The last column stays free: a cursor behind a full row would wrap.
    const room = Math.max(columns - 1 - textWidth(prompt), 1);
    const { before, after } = this.#line;
    this.#scroll = scrollTo(before, after, this.#scroll, room);
    const left = before.slice(this.#scroll).map(shown).join("");
    const right = cut(after.slice(0, room).map(shown).join(""), room - textWidth(left));
    this.#column = textWidth(prompt) + textWidth(left);
    const place = this.#column > 0 ? `\r\x1b[${this.#column}C` : "\r";
    return `\r${prompt}${left}${right}\x1b[K${place}`;
  }
}

const LINE_EDITS = {
  "left": (line: LineBuffer) => line.left(),
  "right": (line: LineBuffer) => line.right(),
  "home": (line: LineBuffer) => line.home(),
  "end": (line: LineBuffer) => line.end(),
  "word-left": (line: LineBuffer) => line.wordLeft(),
  "word-right": (line: LineBuffer) => line.wordRight(),
  "backspace": (line: LineBuffer) => line.backspace(),
  "delete": (line: LineBuffer) => line.delete(),
  "delete-word": (line: LineBuffer) => line.deleteWord(),
  "delete-to-start": (line: LineBuffer) => line.deleteToStart(),
  "delete-to-end": (line: LineBuffer) => line.deleteToEnd(),
};

/**
 * The first grapheme to show: as before while that shows the cursor and leaves no room unused. Looks at no
 * more graphemes than fit, so a pasted book costs no more than a word.
 */
function scrollTo(
  before: readonly string[],
  after: readonly string[],
  current: number,
  room: number,
): number {
  const nearest = before.slice(-room);
  const tail = [...nearest, ...after].slice(-room);
  const least = before.length - countFitting(nearest.reverse(), room);
  const most = before.length + after.length - countFitting(tail.reverse(), room);
  return Math.max(least, Math.min(current, most, before.length));
}

function countFitting(cells: string[], room: number): number {
  let width = 0;
  for (const [index, cell] of cells.entries()) {
    width += textWidth(shown(cell));
    if (width > room) return index;
  }
  return cells.length;
}

function shown(grapheme: string): string {
  return printable(grapheme);
}

function cut(text: string, columns: number): string {
  let shown = "";
  let width = 0;
  for (const grapheme of graphemes(text)) {
    width += textWidth(grapheme);
    if (width > columns) break;
    shown += grapheme;
  }
  return shown;
}
