import { textWidth } from "./text_width.ts";

/**
 * Breaks a line between its words so that it has at most so many columns, the first row at most `firstColumns`. White
 * space within a row stays as it is. A longer word is left to the terminal, which keeps an address in one piece when it
 * is copied.
 */
export function wrapText(line: string, columns: number, firstColumns: number): string[] {
  const rows: string[] = [];
  let row = "", width = 0, gap = "";
  for (const part of line.match(/\s+|\S+/g) ?? []) {
    if (/^\s/.test(part)) {
      gap = part;
      continue;
    }
    const room = rows.length === 0 ? firstColumns : columns;
    const added = textWidth(gap) + textWidth(part);
    if (width + added <= room || row + gap === "") {
      row += gap + part;
      width += added;
    } else {
      rows.push(row);
      row = part;
      width = textWidth(part);
    }
    gap = "";
  }
  return [...rows, row];
}
