/** Text of a man page, escaped for roff: nothing in it is taken for a request or an escape sequence. */
export function escapeRoff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("`", "\\(ga").replace(
    /^(?=[.'])/gm,
    "\\&",
  );
}

/** A paragraph, broken into lines at spaces. */
export function formatParagraph(text: string): string {
  const lines: string[] = [""];
  for (const word of escapeRoff(text).split(/\s+/)) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + word.length >= MAX_LINE_CHARS) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  // A break may have put a dot in front.
  return lines.map((line) => line.replace(/^(?=[.'])/, "\\&") + "\n").join("");
}

const MAX_LINE_CHARS = 76;

/** A section with its body; nothing where the body is empty. */
export function formatSection(title: string, body: string): string {
  return body === "" ? "" : `.SH ${title}\n${body}`;
}

/** An item with what is said of it. */
export function formatItem(term: string, text: string): string {
  return `.TP\n.B ${escapeRoff(term)}\n${formatParagraph(text)}`;
}

/** Lines that stand as they are. */
export function formatVerbatim(text: string): string {
  return `.nf\n.RS 4\n${escapeRoff(text)}\n.RE\n.fi\n`;
}
