import { graphemes } from "./text_width.ts";

/** A line of text with a cursor. The cursor always stands between two graphemes. */
export class LineBuffer {
  #before: string[] = [];
  #after: string[] = [];

  /** The line. */
  get text(): string {
    return this.#before.join("") + this.#after.join("");
  }

  /** The graphemes before the cursor. */
  get before(): readonly string[] {
    return this.#before;
  }

  /** The graphemes at and after the cursor. */
  get after(): readonly string[] {
    return this.#after;
  }

  /** Replaces the line and puts the cursor at its end. */
  set(text: string): void {
    this.#before = graphemes(text);
    this.#after = [];
  }

  /** Inserts text at the cursor, which then stands behind it. */
  insert(text: string): void {
    // Segmented anew with its neighbour: what was typed may complete it (a combining accent).
    const neighbour = this.#before.pop() ?? "";
    for (const grapheme of graphemes(neighbour + text)) this.#before.push(grapheme);
  }

  /** Moves the cursor by one grapheme. */
  left(): void {
    const grapheme = this.#before.pop();
    if (grapheme !== undefined) this.#after.unshift(grapheme);
  }

  /** Moves the cursor by one grapheme. */
  right(): void {
    const grapheme = this.#after.shift();
    if (grapheme !== undefined) this.#before.push(grapheme);
  }

  /** Moves the cursor to the start of this word or the one before. */
  wordLeft(): void {
    while (isBlank(this.#before.at(-1))) this.left();
    while (isPartOfWord(this.#before.at(-1))) this.left();
  }

  /** Moves the cursor behind this word or the next one. */
  wordRight(): void {
    while (isBlank(this.#after[0])) this.right();
    while (isPartOfWord(this.#after[0])) this.right();
  }

  /** Moves the cursor to the start of the line. */
  home(): void {
    this.#after = [...this.#before, ...this.#after];
    this.#before = [];
  }

  /** Moves the cursor to the end of the line. */
  end(): void {
    this.#before = [...this.#before, ...this.#after];
    this.#after = [];
  }

  /** Deletes the grapheme before the cursor. */
  backspace(): void {
    this.#before.pop();
  }

  /** Deletes the grapheme at the cursor. */
  delete(): void {
    this.#after.shift();
  }

  /** Deletes from the start of the word to the cursor. */
  deleteWord(): void {
    while (isBlank(this.#before.at(-1))) this.backspace();
    while (isPartOfWord(this.#before.at(-1))) this.backspace();
  }

  /** Deletes from the start of the line to the cursor. */
  deleteToStart(): void {
    this.#before = [];
  }

  /** Deletes from the cursor to the end of the line. */
  deleteToEnd(): void {
    this.#after = [];
  }
}

function isBlank(grapheme: string | undefined): boolean {
  return grapheme !== undefined && /^\s/.test(grapheme);
}

function isPartOfWord(grapheme: string | undefined): boolean {
  return grapheme !== undefined && !isBlank(grapheme);
}
