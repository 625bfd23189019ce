/** A key with a meaning of its own. */
export type KeyName =
  | "enter"
  | "tab"
  | "left"
  | "right"
  | "up"
  | "down"
  | "home"
  | "end"
  | "word-left"
  | "word-right"
  | "backspace"
  | "delete"
  | "delete-word"
  | "delete-to-start"
  | "delete-to-end"
  | "redraw"
  | "interrupt"
  | "end-of-input";

/** What was typed: text, possibly pasted, or a key. */
export type Key = { readonly text: string } | { readonly key: KeyName };

const CONTROLS: Record<string, KeyName> = {
  "\x01": "home",
  "\x02": "left",
  "\x03": "interrupt",
  "\x04": "end-of-input",
  "\x05": "end",
  "\x06": "right",
  "\x08": "backspace",
  "\x09": "tab",
  "\x0a": "enter",
  "\x0b": "delete-to-end",
  "\x0c": "redraw",
  "\x0d": "enter",
  "\x0e": "down",
  "\x10": "up",
  "\x15": "delete-to-start",
  "\x17": "delete-word",
  "\x7f": "backspace",
};

const SEQUENCES: Record<string, KeyName> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[F": "end",
  "[H": "home",
  "OA": "up",
  "OB": "down",
  "OC": "right",
  "OD": "left",
  "OF": "end",
  "OH": "home",
  "[1~": "home",
  "[3~": "delete",
  "[4~": "end",
  "[7~": "home",
  "[8~": "end",
  "[1;5C": "word-right",
  "[1;5D": "word-left",
  "[1;3C": "word-right",
  "[1;3D": "word-left",
  "b": "word-left",
  "f": "word-right",
  "\x7f": "delete-word",
};

const PASTE_START = "[200~";
const PASTE_END = "\x1b[201~";
const MAX_PENDING_CHARS = 1 << 20;

/**
 * Decodes what a terminal sends in raw mode. Bytes may be cut anywhere: a part of a character, of an
 * escape sequence or of a paste waits for the rest. Sequences without a meaning here are dropped.
 */
export class KeyDecoder {
  readonly #utf8 = new TextDecoder();
  #pending = "";

  /** Takes the next bytes and returns the keys that they complete. */
  decode(bytes: Uint8Array): Key[] {
    this.#pending += this.#utf8.decode(bytes, { stream: true });
    const keys: Key[] = [];
    while (this.#pending !== "") {
      const taken = takeKey(this.#pending, keys);
      if (taken === 0) break;
      this.#pending = this.#pending.slice(taken);
    }
    // A paste that never ends must not grow without bound.
    if (this.#pending.length > MAX_PENDING_CHARS) this.#pending = "";
    return keys;
  }
}

/** Appends the first key of `input` and returns its length; 0 where the rest of it is still to come. */
function takeKey(input: string, keys: Key[]): number {
  if (input[0] === "\x1b") return takeSequence(input, keys);
  const control = CONTROLS[input[0]!];
  if (control !== undefined) {
    keys.push({ key: control });
    // A terminal that sends CR LF means one line end.
    return input.startsWith("\r\n") ? 2 : 1;
  }
  // deno-lint-ignore no-control-regex
  const text = /^[^\x00-\x1f\x7f]+/.exec(input)?.[0];
  if (text === undefined) return 1;
  keys.push({ text });
  return text.length;
}

function takeSequence(input: string, keys: Key[]): number {
  // deno-lint-ignore no-control-regex
  const sequence = /^\x1b(\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|O[\x40-\x7e]|[^[O])/.exec(input)?.[1];
  if (sequence === undefined) return takeBroken(input);
  if (sequence === PASTE_START) return takePaste(input, keys);
  const key = SEQUENCES[sequence];
  if (key !== undefined) keys.push({ key });
  // Escape before any other key is that key alone.
  else if (!/^[[O]/.test(sequence)) return 1;
  return 1 + sequence.length;
}

function takeBroken(input: string): number {
  // deno-lint-ignore no-control-regex
  const unfinished = /^\x1b(\[[\x30-\x3f]{0,16}[\x20-\x2f]{0,4}|O)?$/.test(input);
  return unfinished ? 0 : 1;
}

function takePaste(input: string, keys: Key[]): number {
  const end = input.indexOf(PASTE_END);
  if (end < 0) return 0;
  const text = input.slice(1 + PASTE_START.length, end).replace(/\r\n?/g, "\n");
  if (text !== "") keys.push({ text });
  return end + PASTE_END.length;
}
