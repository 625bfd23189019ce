const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const EMOJI = /^\p{Emoji_Presentation}|^\p{Emoji}\ufe0f/u;
const ZERO_WIDTH = /^[\p{M}\p{C}]/u;

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Splits text into what a reader takes for single characters. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The number of columns that one grapheme takes in a terminal: 0, 1 or 2. */
export function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme) || EMOJI.test(grapheme)) return 2;
  return ZERO_WIDTH.test(grapheme) ? 0 : 1;
}

/** The number of columns that a text without control characters takes in a terminal. */
export function textWidth(text: string): number {
  return graphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);
}
