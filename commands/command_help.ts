import { type DocEntry, formatDocPage } from "@optique/core/doc";
import { formatMessage, type Message, text } from "@optique/core/message";
import { getDocPageSync, type Parser } from "@optique/core/parser";
import { formatUsage } from "@optique/core/usage";
import { InternalError } from "../lib/errors/mod.ts";
import type { Command } from "./command.ts";
import type { Io } from "./io.ts";
import { styleOf } from "./style.ts";
import { wrapText } from "./terminal/wrap_text.ts";
import { wrapUsage } from "./wrap_usage.ts";

/** Formats a command's help: brief, usage, description, options and examples. */
export function formatCommandHelp(
  title: string,
  brief: string,
  command: Command<unknown>,
  parser: Parser<"sync", unknown, unknown>,
  io: Io,
): string {
  const page = getDocPageSync(parser);
  const ownUsage = getDocPageSync(command.parser)?.usage;
  if (page === undefined || ownUsage === undefined) throw new InternalError(`${title} has no help`);
  const style = styleOf(io, io.stdout);
  const columns = Math.min(Math.max(io.stdout.columns(), MIN_COLUMNS), MAX_COLUMNS);
  const usage = wrapUsage(formatUsage(title, ownUsage), columns).replace("Usage:", style.bold);
  const body = formatDocPage(title, {
    ...page,
    brief: undefined,
    usage: undefined,
    sections: page.sections.map((section) => ({ ...section, entries: section.entries.map(describeFully) })),
    description: command.description === undefined ? undefined : [text(command.description)],
  }, {
    colors: style.bold("") !== "",
    maxWidth: columns,
    termWidth: "auto",
  });
  const room = columns - DOES_INDENT.length;
  const examples = command.examples.map(({ line, does }) =>
    [`  ${line}`, ...wrapText(does, room, room).map((row) => DOES_INDENT + row), ""].join("\n")
  );
  return `${brief}.\n\n${usage}\n\n${body.trim()}\n\n${style.bold("Examples:")}\n${examples.join("")}`
    .replace(/ +$/gm, "");
}

/** Puts choices and default behind the description, as text that is broken between words. */
function describeFully({ choices, default: standard, description = [], ...entry }: DocEntry): DocEntry {
  const facts: string[] = [];
  if (choices !== undefined) facts.push(`one of ${plain(choices)}`);
  if (standard !== undefined) facts.push(`default: ${plain(standard)}`);
  const more = facts.length === 0 ? [] : [text(` (${facts.join("; ")})`)];
  return { ...entry, description: [...description, ...more] };
}

function plain(message: Message): string {
  return formatMessage(message, { quotes: false, colors: false });
}

const DOES_INDENT = " ".repeat(6);
const MIN_COLUMNS = 40;
const MAX_COLUMNS = 100;
