/** Splits texts into those that have so many characters together at most, but the first in any case, and the rest. */
export function splitBySize(
  texts: readonly string[],
  maxChars: number,
): readonly [first: readonly string[], rest: readonly string[]] {
  let chars = 0;
  const end = texts.findIndex((text) => (chars += text.length) > maxChars);
  const count = end < 0 ? texts.length : Math.max(end, 1);
  return [texts.slice(0, count), texts.slice(count)];
}
