import { formatMessage, type Message } from "@optique/core/message";
import { getDocPageSync, type Parser } from "@optique/core/parser";
import { formatUsage, formatUsageTerm } from "@optique/core/usage";
import { InternalError } from "../../lib/errors/mod.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit_codes.ts";
import { globalOptions } from "../global_options.ts";
import type { CommandEntry } from "../table.ts";
import { formatItem, formatParagraph, formatSection, formatVerbatim } from "./roff.ts";

/** What every page says about where it comes from. */
export interface PageOptions {
  /** The version of parley. */
  readonly version: string;
  /** The day of the page, such as `2026-01-31`. */
  readonly day: string;
}

/** Formats the page of a command that has subcommands: parley itself, or one like `parley ca`. */
export function formatTablePage(
  title: string,
  brief: string,
  entries: readonly CommandEntry[],
  options: PageOptions,
): string {
  const name = pageName(title);
  const items = entries.map((entry) => formatItem(`${title} ${entry.name}`, `${entry.brief}.`));
  const isTop = title === "parley";
  return formatHeader(name, brief, options) +
    formatSection("SYNOPSIS", formatParagraph(`${title} COMMAND …`)) +
    formatSection("COMMANDS", items.join("")) +
    formatSection("OPTIONS OF EVERY COMMAND", formatOptions(globalOptions)) +
    (isTop ? formatSection("ENVIRONMENT", formatItems(ENVIRONMENT)) : "") +
    (isTop ? formatSection("FILES", formatItems(FILES)) : "") +
    (isTop ? formatSection("EXIT STATUS", formatItems(exitStatus())) : "") +
    formatSeeAlso(name, entries.map((entry) => `${name}-${entry.name}`));
}

/** Formats the page of a command. */
export function formatCommandPage(
  title: string,
  brief: string,
  command: Command<unknown>,
  options: PageOptions,
): string {
  const name = pageName(title);
  const usage = getDocPageSync(command.parser)?.usage;
  if (usage === undefined) throw new InternalError(`${title} has no help`);
  const examples = command.examples.map(({ line, does }) =>
    formatParagraph(`${does}:`) + formatVerbatim(line)
  );
  return formatHeader(name, brief, options) +
    formatSection("SYNOPSIS", formatParagraph(formatUsage(title, usage))) +
    formatSection("DESCRIPTION", formatParagraph(command.description ?? `${brief}.`)) +
    formatSection("OPTIONS", formatOptions(command.parser)) +
    formatSection("OPTIONS OF EVERY COMMAND", formatOptions(globalOptions)) +
    formatSection("EXAMPLES", examples.join(".PP\n")) +
    formatSeeAlso(name, []);
}

/** The name of a command's page: `parley-ca-init` of `parley ca init`. */
export function pageName(title: string): string {
  return title.replaceAll(" ", "-");
}

function formatHeader(name: string, brief: string, { version, day }: PageOptions): string {
  const clause = brief[0]!.toLowerCase() + brief.slice(1);
  return `.TH ${name.toUpperCase()} 1 ${day} "parley ${version}" "parley"\n` +
    formatSection("NAME", formatParagraph(`${name} - ${clause}`));
}

function formatOptions(parser: Parser<"sync", unknown, unknown>): string {
  const entries = getDocPageSync(parser)?.sections.flatMap((section) => section.entries) ?? [];
  return entries.map(({ term, description = [], default: standard, choices }) => {
    const parts = [plain(description)];
    if (choices !== undefined) parts.push(`One of ${plain(choices)}`);
    if (standard !== undefined) parts.push(`Default: ${plain(standard)}`);
    return formatItem(formatUsageTerm(term), parts.map((part) => `${part}.`).join(" "));
  }).join("");
}

function plain(text: Message): string {
  return formatMessage(text, { quotes: false, colors: false });
}

function formatItems(items: readonly (readonly [string, string])[]): string {
  return items.map(([term, text]) => formatItem(term, text)).join("");
}

const ENVIRONMENT = [
  ["PARLEY_HOME", "The data folder, where --home does not name one."],
  ["PARLEY_DEBUG", "With 1, errors come with the place in the program where they happened."],
  ["NO_COLOR", "Where it is set, output has no colour."],
] as const;

const FILES = [
  [
    ".parley.conf",
    "Options of the project whose folder parley is started in; they count most after the command line.",
  ],
  ["~/.config/parley/config", "Options of the user; with XDG_CONFIG_HOME, in parley there."],
  ["/etc/parley/config", "Options of the system: lines name = value below the [command] that they are for."],
] as const;

function exitStatus(): [string, string][] {
  const meanings: Record<keyof typeof exitCodes, string> = {
    done: "Done.",
    failed: "Failed.",
    usage: "Wrong usage.",
    malformed: "Malformed or forbidden input.",
    authentication: "Authentication, verification or decryption failed.",
    unavailable: "Network or storage is unavailable.",
    timeout: "Timed out waiting.",
    internal: "A bug in parley.",
  };
  const codes = Object.entries(exitCodes).map(([name, code]): [string, string] => [
    String(code),
    meanings[name as keyof typeof exitCodes],
  ]);
  return [...codes, ["128+N", "Ended by signal N."]];
}

function formatSeeAlso(name: string, below: readonly string[]): string {
  const parent = name.includes("-") ? [name.slice(0, name.lastIndexOf("-"))] : [];
  const pages = [...parent, ...below].map((page) => `${page}(1)`);
  return pages.length === 0 ? "" : formatSection("SEE ALSO", formatParagraph(pages.join(", ")));
}
