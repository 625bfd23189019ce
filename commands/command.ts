import type { Parser } from "@optique/core/parser";
import type { GlobalOptions } from "./global_options.ts";
import type { Io } from "./io.ts";
import type { Output } from "./output.ts";

/** One line of the EXAMPLES of a command's help. A test parses each with the command's own parser. */
export interface Example {
  /** The command line as it is typed, beginning with `parley`. */
  readonly line: string;
  /** What it does, one sentence without full stop. */
  readonly does: string;
}

/**
 * A subcommand: its arguments, its help and what it does. Name and one-line brief stand in the table that
 * loads it (`commands/table.ts`, `commands/ca/table.ts`), so that the list of commands needs no command.
 */
export interface Command<T> {
  /** One or more sentences for the command's help, beneath the brief. */
  readonly description?: string;
  /** At least one example. */
  readonly examples: readonly [Example, ...Example[]];
  /** The command's own options and arguments; the global options are added to them. */
  readonly parser: Parser<"sync", T, unknown>;
  /**
   * True where the command watches {@link CommandContext.signal} and finishes by itself (a server that
   * closes its sockets). Every other command ends at once on Ctrl-C. A second Ctrl-C always ends at once.
   */
  readonly stopsItself?: boolean;
  /** Does the work. Throws a `ParleyError` or resolves; a number is the exit code. */
  execute(values: T, context: CommandContext): Promise<void | number>;
}

/** What a command is given besides its own values. */
export interface CommandContext {
  /** The process that the command runs in. */
  readonly io: Io;
  /** Writes results and diagnostics the way that `--json`, `--quiet` and the terminal ask for. */
  readonly out: Output;
  /** The values of the options that every command has. */
  readonly options: GlobalOptions;
  /**
   * The data folder as an absolute path: `--home`, PARLEY_HOME or the XDG data folder. Not created yet.
   * Reading it throws {UsageError} no-home where there is no such place.
   */
  readonly home: string;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** Makes a path that the user gave absolute. */
  resolve(path: string): string;
}

/** Declares a command; gives `execute` the type of the parser's value. */
export function defineCommand<T>(command: Command<T>): Command<T> {
  return command;
}
