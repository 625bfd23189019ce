import { resolve } from "node:path";
import { merge } from "@optique/core/constructs";
import { formatMessage, type Message } from "@optique/core/message";
import { type Parser, parseSync } from "@optique/core/parser";
import { UsageError } from "../lib/errors/mod.ts";
import type { Command, CommandContext } from "./command.ts";
import { formatCommandHelp } from "./command_help.ts";
import { applyConfig } from "./config/apply_config.ts";
import { configPlaces, readConfig } from "./config/read_config.ts";
import { dataHome } from "./data_home.ts";
import { exitCodes } from "./exit_codes.ts";
import { type GlobalOptions, globalOptions } from "./global_options.ts";
import { type Io, StoppedError } from "./io.ts";
import { Output } from "./output.ts";
import { printable } from "./printable.ts";

/** What a command's parser with the global options yields. */
export type CommandValues = GlobalOptions & Record<string, unknown>;

/** Returns a command's parser with the global options added. */
export function completeParser(command: Command<unknown>): Parser<"sync", CommandValues, unknown> {
  const merged: Parser<"sync", unknown, unknown> = merge(erase(command.parser), erase(globalOptions));
  return merged as Parser<"sync", CommandValues, unknown>;
}

// What `merge` accepts; it refuses at run time what is no parser of an object.
type ObjectParser = Parser<"sync", Record<string, unknown>, Record<string | symbol, unknown>>;

function erase(parser: Parser<"sync", unknown, unknown>): ObjectParser {
  return parser as ObjectParser;
}

/**
 * Runs a loaded command: shows its help where asked, else parses its arguments and executes it. Returns
 * the exit code.
 *
 * @throws {UsageError} bad-arguments; config-malformed, config-untrusted
 * @throws {StoppedError} where a signal ended it
 * @throws whatever the command throws
 */
export async function runCommand(
  title: string,
  brief: string,
  command: Command<unknown>,
  args: readonly string[],
  io: Io,
): Promise<number> {
  const parser = completeParser(command);
  if (asksForHelp(args)) {
    io.stdout.write(formatCommandHelp(title, brief, command, parser, io));
    return exitCodes.done;
  }
  const configured = applyConfig(title, parser, args, readConfig(configPlaces(io)), io);
  const parsed = parseSync(parser, configured.args);
  if (!parsed.success) throw badArguments(title, parsed.error, configured.places);
  for (const { kind, path } of configured.used) {
    // A folder may have been received from anyone.
    if (kind === "project" && !parsed.value.quiet) {
      io.stderr.write(`parley: with options of ${printable(path)}\n`);
    }
  }
  return await execute(command, parsed.value, io);
}

/** Tells whether `--help` or `-h` stands among the arguments, before a `--`. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

async function execute(
  command: Command<unknown>,
  values: CommandValues,
  io: Io,
): Promise<number> {
  const controller = new AbortController();
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {}); // it may reject when nobody waits for it any more
  const unlisten = io.onStop((signal) => {
    const error = new StoppedError(signal);
    if (controller.signal.aborted || !command.stopsItself) stopped.reject(error);
    controller.abort(error);
  });
  const context: CommandContext = {
    io,
    out: new Output(io, values),
    options: values,
    get home() {
      return dataHome(io, values.home);
    },
    signal: controller.signal,
    resolve: (path) => resolve(io.cwd(), path),
  };
  try {
    const work = command.execute(values, context);
    return await Promise.race([work.then((code) => code ?? exitCodes.done), stopped.promise]);
  } finally {
    unlisten();
  }
}

function badArguments(title: string, error: Message, places: ReadonlyMap<string, string>): UsageError {
  const [says = "", ...suggestions] = formatMessage(error, { quotes: true }).split("\n").filter(Boolean);
  const hint = suggestions.length > 0 ? suggestions.join(" ") : `${title} --help shows what it takes`;
  const place = places.get(/^`(--[a-z-]+)`/.exec(says)?.[1] ?? "");
  if (place !== undefined) return new UsageError("config-malformed", `${place}: ${asClause(says)}`);
  return new UsageError("bad-arguments", sayWhatIsMissing(says) ?? asClause(says), { hint: asClause(hint) });
}

// "Expected a `USER`, but too few arguments." says it in a roundabout way.
function sayWhatIsMissing(sentence: string): string | undefined {
  const [, name] = /^Expected an? `(.+)`, but too few arguments\.$/.exec(sentence) ?? [];
  return name === undefined ? undefined : `${name} is missing`;
}

// The library writes sentences; parley's messages are clauses.
function asClause(sentence: string): string {
  const clause = sentence.replace(/\.$/, "").replace(/: [A-Z](?=[a-z])/g, (start) => start.toLowerCase());
  return /^[A-Z][a-z]/.test(clause) ? clause[0]!.toLowerCase() + clause.slice(1) : clause;
}
