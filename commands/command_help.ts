import { formatDocPage } from "@optique/core/doc";
import { text } from "@optique/core/message";
import { getDocPageSync, type Parser } from "@optique/core/parser";
import { InternalError } from "../lib/errors/mod.ts";
import type { Command } from "./command.ts";
import type { Io } from "./io.ts";
import { styleOf } from "./style.ts";

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
  const body = formatDocPage(title, {
    ...page,
    brief: undefined,
    usage: ownUsage,
    description: command.description === undefined ? undefined : [text(command.description)],
  }, {
    colors: style.bold("") !== "",
    maxWidth: Math.min(Math.max(io.stdout.columns(), MIN_COLUMNS), MAX_COLUMNS),
    termWidth: "auto",
    showDefault: true,
    showChoices: { maxItems: Infinity },
  });
  const examples = command.examples.map((example) => `  ${example.line}\n      ${example.does}\n`);
  return `${brief}.\n\n${body.trimEnd()}\n\n${style.bold("Examples:")}\n${examples.join("")}`
    .replace(/ +$/gm, "");
}

const MIN_COLUMNS = 40;
const MAX_COLUMNS = 100;
