/** A JSON object as a command prints it. */
export type JsonRecord = { readonly [name: string]: unknown };

/**
 * Formats a record as one line of JSON. Everything that a terminal or a line reader could take for a
 * command (C1 controls, U+2028, bidirectional overrides: all of the Unicode categories C, Zl and Zp) is
 * written as `\u` escapes, so the line is safe to look at and still the same value.
 */
export function formatJsonLine(record: JsonRecord): string {
  return JSON.stringify(record).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escapeUnits) + "\n";
}

function escapeUnits(character: string): string {
  let escaped = "";
  for (let i = 0; i < character.length; i++) {
    escaped += "\\u" + character.charCodeAt(i).toString(16).padStart(4, "0");
  }
  return escaped;
}
