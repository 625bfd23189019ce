const INDENT = " ".repeat("Usage: ".length);

/** Breaks a usage into lines of at most so many columns: between its parts, never within one in brackets. */
export function wrapUsage(usage: string, columns: number): string {
  const lines: string[] = [];
  const [title = "", ...parts] = splitUsage(usage);
  let line = `Usage: ${title}`;
  for (const part of parts) {
    if (line.length + 1 + part.length <= columns) {
      line += ` ${part}`;
    } else {
      lines.push(line);
      line = INDENT + part;
    }
  }
  return [...lines, line].join("\n");
}

/** Splits at the spaces that stand in no brackets. */
function splitUsage(usage: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const character of usage) {
    if ("[(".includes(character)) depth++;
    if ("])".includes(character)) depth--;
    if (character === " " && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}
