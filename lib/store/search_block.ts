import { concatBytes, decodeUtf8, encodeUtf8, Reader, Writer } from "../bytes/mod.ts";

/** What a line says, as it is searched. */
export interface SearchText {
  /** The line's place in the store. */
  position: number;
  /** What it says. */
  text: string;
}

/**
 * Encodes what lines say so that all of them are searched as one text. Positions ascend.
 *
 * ```text
 * bytes of the table (u32) | table | texts, one after the other, in UTF-8
 * table: lines (u32), then for each: position - first (u64) | length of its text in UTF-16 (u32)
 * ```
 */
export function encodeSearchBlock(first: number, lines: readonly SearchText[]): Uint8Array<ArrayBuffer> {
  const table = new Writer(4 + lines.length * 12).u32(lines.length);
  for (const { position, text } of lines) table.u64(BigInt(position - first)).u32(text.length);
  const head = table.finish();
  const texts = encodeUtf8(lines.map(({ text }) => text).join(""));
  return concatBytes(new Writer(4).u32(head.length).finish(), head, texts);
}

/**
 * Finds the lines of an encoded block that hold a text: their positions, ascending.
 *
 * @throws {DecodeError} where it is none
 */
export function findInSearchBlock(first: number, block: Uint8Array, wanted: string): number[] {
  const reader = new Reader(block);
  const table = reader.bytes(reader.u32("table"), "table");
  const texts = decodeUtf8(reader.bytes(reader.remaining, "texts"));
  // Mostly there is nothing, and then the table is not needed.
  return texts.includes(wanted) ? findLines(first, new Reader(table), texts, wanted) : [];
}

/** What begins in one line and ends in the next one is no find, nor is what begins later in that line. */
function findLines(first: number, table: Reader, texts: string, wanted: string): number[] {
  const found: number[] = [];
  let start = 0, at = texts.indexOf(wanted);
  for (let left = table.u32("lines"); left > 0 && at >= 0; left--) {
    const position = first + Number(table.u64("position"));
    const end = start + table.u32("length");
    if (at + wanted.length <= end) found.push(position);
    start = end;
    if (at < start) at = texts.indexOf(wanted, start);
  }
  return found;
}
