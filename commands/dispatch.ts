import { UsageError } from "../lib/errors/mod.ts";
import { BRIEF } from "./brief.ts";
import { exitCodes } from "./exit_codes.ts";
import { reportFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { formatJsonLine } from "./json_line.ts";
import { splitLeadingOptions } from "./leading_options.ts";
import { closest } from "./closest.ts";
import { PROFILE_HINT, profileNameIn } from "./profile/profile_name.ts";
import { type CommandEntry, commands, isTable } from "./table.ts";
import { formatCommandList } from "./top_help.ts";
import { version } from "./version.ts";

/** Finds the command that the arguments name, runs it, reports its error and returns the exit code. */
export async function dispatch(args: readonly string[], io: Io): Promise<number> {
  try {
    const { rest: [first] } = splitLeadingOptions(args);
    if (first === "--version" || first === "-V") return showVersion(asksForJson(args), io);
    return await dispatchIn("parley", BRIEF, commands, [], args, io);
  } catch (error) {
    return reportFailure(io, asksForJson(args), error);
  }
}

function showVersion(json: boolean, io: Io): number {
  io.stdout.write(json ? formatJsonLine({ type: "version", version }) : `parley ${version}\n`);
  return exitCodes.done;
}

async function dispatchIn(
  title: string,
  brief: string,
  entries: readonly CommandEntry[],
  before: readonly string[],
  args: readonly string[],
  io: Io,
): Promise<number> {
  const { leading, rest } = splitLeadingOptions(args);
  const [name, ...after] = rest;
  const options = [...before, ...leading];
  if (name === "help") return await dispatchIn(title, brief, entries, options, [...after, "--help"], io);
  if (name === "--help" || name === "-h") {
    io.stdout.write(formatCommandList(title, brief, entries, io));
    return exitCodes.done;
  }
  if (name === undefined) {
    io.stderr.write(formatCommandList(title, brief, entries, io));
    return exitCodes.usage;
  }
  const entry = entries.find((entry) => entry.name === name);
  if (entry === undefined) throw unknownCommand(title, name, entries);
  const loaded = await loadEntry(entry, after);
  const path = `${title} ${name}`;
  if (isTable(loaded)) return await dispatchIn(path, entry.brief, loaded, options, after, io);
  const { runCommand } = await import("./run_command.ts");
  return await runCommand(path, entry.brief, loaded, [...options, ...after], io);
}

/** With `--profile NAME`, commands that know it are those of a classic system. */
async function loadEntry(entry: CommandEntry, args: readonly string[]): Promise<LoadedEntry> {
  if (entry.profileVerb === undefined) return await entry.load();
  const name = profileNameIn(args);
  if (name !== undefined) {
    const { loadProfileCommand } = await import("./profile/profile_verb.ts");
    return await loadProfileCommand(entry.profileVerb, name);
  }
  const loaded = await entry.load();
  if (isTable(loaded)) return loaded;
  return { ...loaded, description: [loaded.description ?? "", PROFILE_HINT].join(" ").trimStart() };
}

type LoadedEntry = Awaited<ReturnType<CommandEntry["load"]>>;

function unknownCommand(title: string, name: string, entries: readonly CommandEntry[]): UsageError {
  const near = closest(name, entries.map((entry) => entry.name));
  if (name.startsWith("-")) {
    return new UsageError(
      "bad-arguments",
      `${title} has no option ${JSON.stringify(name)} before a command`,
      {
        hint: `${title} --help shows those that every command has`,
      },
    );
  }
  return new UsageError("unknown-command", `${title} has no command ${JSON.stringify(name)}`, {
    hint: near === undefined ? `${title} --help lists the commands` : `did you mean ${title} ${near}?`,
  });
}

function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes("--json");
}
