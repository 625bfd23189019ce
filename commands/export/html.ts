import type { HistoryLine } from "../../lib/client/mod.ts";
import { formatMinute } from "../format_time.ts";
import { describeLine } from "../message_lines.ts";
import { printable } from "../printable.ts";
import type { ExportFacts, ExportFormat } from "./format.ts";

/**
 * One page that needs nothing else and runs nothing: its policy forbids whatever would be loaded, and every text
 * in it is escaped. Follows the reader's choice of light or dark.
 */
export const htmlFormat: ExportFormat = {
  begin: formatHead,
  line: formatLine,
  end: () => "</main>\n</body>\n</html>\n",
};

const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --faint: #59636e; --own: #e7f3ff; --other: #f3f4f6; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --own: #12304f; --other: #1c2128; }
}
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main, header { max-width: 46rem; margin: 0 auto; padding: 1rem; }
header p, .note, footer, time { color: var(--faint); font-size: .85rem; }
article { background: var(--other); border-radius: .6rem; padding: .5rem .8rem; margin: .5rem 3rem .5rem 0; }
article.own { background: var(--own); margin: .5rem 0 .5rem 3rem; }
article:target { outline: 2px solid currentColor; }
article p { margin: .2rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
article a { color: inherit; }
.note { margin: .5rem 0; text-align: center; overflow-wrap: anywhere; }
@media print { article { break-inside: avoid; border: 1px solid var(--faint); } }
`;

function formatHead({ title, self, exportedAt }: ExportFacts): string {
  const heading = `${escapeHtml(title)} and ${escapeHtml(self)}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${heading}</h1>
<p>Exported from parley on ${exportedAt.toISOString()}. Times are UTC.</p>
</header>
<main>
`;
}

function formatLine(line: HistoryLine): string {
  const time = `<time datetime="${line.time.toISOString()}">${formatMinute(line.time)}</time>`;
  if (line.type !== "message") return `<p class="note">${time} ${escapeHtml(describeLine(line))}</p>\n`;
  const who = `<strong>${escapeHtml(line.from)}</strong> <span>${escapeHtml(line.device)}</span>`;
  const edited = line.editedAt === undefined ? "" : " · edited";
  return `<article id="m-${line.id}"${line.outgoing ? ' class="own"' : ""}>
<div>${who} ${time}${edited}${formatTarget(line)}</div>
<p>${line.deleted ? "<em>deleted</em>" : escapeHtml(line.text)}</p>
${formatReactions(line)}</article>
`;
}

function formatTarget({ target }: HistoryLine): string {
  return target === undefined ? "" : ` · <a href="#m-${escapeHtml(target)}">in answer to</a>`;
}

function formatReactions({ reactedWith = [] }: HistoryLine): string {
  const all = reactedWith.map(({ reaction, users }) => `${reaction} ${users.join(", ")}`);
  return all.length === 0 ? "" : `<footer>${escapeHtml(all.join(" · "))}</footer>\n`;
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Makes a text harmless as content and as a quoted attribute; what cannot be seen in it becomes visible. */
export function escapeHtml(text: string): string {
  return printable(text, { multiline: true }).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
