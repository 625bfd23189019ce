import { getDocPageSync, type Parser } from "@optique/core/parser";
import type { UsageTerm } from "@optique/core/usage";
import { UsageError } from "../../lib/errors/mod.ts";
import type { Io } from "../io.ts";
import { type CommandEntry, commands } from "../table.ts";
import type { ConfigEntry } from "./parse_config.ts";
import type { ConfigFile } from "./read_config.ts";

/** Arguments, with what configuration files add to them. */
export interface ConfiguredArguments {
  /** The arguments for the parser. */
  readonly args: readonly string[];
  /** Where each option stands that came from a file, by its name with dashes. */
  readonly places: ReadonlyMap<string, string>;
  /** The files of which anything was used. */
  readonly used: ReadonlySet<ConfigFile>;
}

/** Scripts decide by the command line what they read. */
const NEVER = ["help", "json"];

/**
 * Adds the options that files set for a command and its command line does not. Of two files the first counts;
 * PARLEY_HOME counts more than any file. `title` is the command's, such as `parley ca init`.
 *
 * @throws {UsageError} config-malformed with file and line, for a command or an option that does not exist
 */
export function applyConfig(
  title: string,
  parser: Parser<"sync", unknown, unknown>,
  args: readonly string[],
  files: readonly ConfigFile[],
  io: Io,
): ConfiguredArguments {
  const own = title.split(" ").slice(1).join(" ");
  const options = listOptions(parser);
  const places = new Map<string, string>();
  const used = new Set<ConfigFile>();
  const added: string[] = [];
  for (const file of files) {
    for (const entry of inOrder(file.entries, own)) {
      const option = findOption(options, entry);
      if (option === undefined) continue; // an option for all commands that this one does not have
      const flag = `--${entry.name}`;
      if (places.has(flag) || isGiven(option, args) || isInEnvironment(entry, io)) continue;
      places.set(flag, entry.place);
      used.add(file);
      added.push(...toArguments(option, entry));
    }
  }
  return { args: [...added, ...args], places, used };
}

type Option = UsageTerm & { type: "option" };

/** Checks the sections; what a command's own section says counts more than what is said for all. */
function inOrder(entries: readonly ConfigEntry[], own: string): ConfigEntry[] {
  for (const entry of entries) checkSection(entry);
  const inSection = (section: string) => entries.filter((entry) => entry.section === section);
  return [...inSection(own), ...inSection("")];
}

function checkSection({ section, place }: ConfigEntry): void {
  const [first] = section.split(" ");
  const exists = commands.some(({ name }: CommandEntry) => name === first);
  if (section !== "" && !exists) throw invalid(place, `there is no command ${JSON.stringify(section)}`);
}

function findOption(options: readonly Option[], { name, section, place }: ConfigEntry): Option | undefined {
  if (NEVER.includes(name)) throw invalid(place, `${name} can be given on the command line only`);
  const option = options.find(({ names }) => names.includes(`--${name}`));
  if (option === undefined && section !== "") throw invalid(place, `${section} has no option ${name}`);
  if (option === undefined || section !== "" || GLOBAL_NAMES.includes(name)) return option;
  throw invalid(place, `${name} belongs below the [command] that it is for`);
}

const GLOBAL_NAMES = ["home", "as", "quiet", "receipts"];

function listOptions(parser: Parser<"sync", unknown, unknown>): Option[] {
  const entries = getDocPageSync(parser)?.sections.flatMap((section) => section.entries) ?? [];
  return entries.map(({ term }) => term).filter((term) => term.type === "option");
}

function isGiven({ names }: Option, args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  return names.some((name) => before.some((arg) => arg === name || arg.startsWith(`${name}=`)));
}

function isInEnvironment({ name }: ConfigEntry, io: Io): boolean {
  return name === "home" && io.env("PARLEY_HOME") !== undefined;
}

function toArguments({ metavar }: Option, { name, value, place }: ConfigEntry): string[] {
  if (metavar !== undefined) return [`--${name}=${value}`];
  if (value === "true") return [`--${name}`];
  if (value === "false") return [];
  throw invalid(place, `${name} is true or false`);
}

function invalid(place: string, says: string): UsageError {
  return new UsageError("config-malformed", `${place}: ${says}`);
}
