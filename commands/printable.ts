/** What {@link printable} leaves as it is besides letters. */
export interface PrintableOptions {
  /** Keeps line feeds and tabs. Default: they are shown as `␊` and `␉`. */
  readonly multiline?: boolean;
}

/**
 * Makes a received text harmless to a terminal and honest to its reader. Control characters (C0, DEL, C1,
 * and so every escape sequence) become visible: C0 and DEL as the Unicode control pictures (`␛`), the rest
 * as `<U+009B>`; so do bidirectional overrides, zero-width and all other format characters, line and
 * paragraph separators, and characters that no standard assigns. The zero-width joiner is kept between two
 * pictographs, where it makes one emoji of them; variation selectors are marks and stay.
 */
export function printable(text: string, options: PrintableOptions = {}): string {
  return text.toWellFormed().replace(UNPRINTABLE, (character, offset: number, whole: string) => {
    if (options.multiline && (character === "\n" || character === "\t")) return character;
    if (character === ZERO_WIDTH_JOINER && joinsPictographs(whole, offset)) return character;
    return picture(character.codePointAt(0)!);
  });
}

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\u{115F}\u{1160}\u{3164}\u{FFA0}\u{2800}]/gu;
const ZERO_WIDTH_JOINER = "\u200d";
// An alternation: V8 finds no emoji modifier through a character class that ends a pattern.
const ENDS_WITH_PICTOGRAPH = /\p{Extended_Pictographic}(?:\u{FE0F}|\p{Emoji_Modifier})?$/u;
const BEGINS_WITH_PICTOGRAPH = /^\p{Extended_Pictographic}/u;
const LONGEST_PICTOGRAPH_UNITS = 4;

function joinsPictographs(text: string, offset: number): boolean {
  return ENDS_WITH_PICTOGRAPH.test(text.slice(Math.max(0, offset - LONGEST_PICTOGRAPH_UNITS), offset)) &&
    BEGINS_WITH_PICTOGRAPH.test(text.slice(offset + 1, offset + 1 + LONGEST_PICTOGRAPH_UNITS));
}

function picture(codePoint: number): string {
  if (codePoint < 0x20) return String.fromCodePoint(0x2400 + codePoint);
  if (codePoint === 0x7f) return "\u2421";
  return `<U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}>`;
}
