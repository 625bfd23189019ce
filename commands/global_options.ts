import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { path } from "./path_value.ts";

/** The values of the options that every command has. */
export interface GlobalOptions {
  /** The data folder as given, or undefined. Commands use {@link CommandContext.home}. */
  readonly home: string | undefined;
  /** The identity as `USER` or `USER/DEVICE`, or undefined for the only one. */
  readonly as: string | undefined;
  /** Whether output is JSON, one object a line. */
  readonly json: boolean;
  /** Whether diagnostics are left out. */
  readonly quiet: boolean;
  /** Whether help was asked for; false wherever a command executes. */
  readonly help: boolean;
}

/** The options that every command has. */
export const globalOptions: Parser<"sync", GlobalOptions, Record<string | symbol, unknown>> = object(
  "Global options",
  {
    home: optional(option("--home", path("DIR", "directory"), {
      description: message`The data folder (default: PARLEY_HOME, then the XDG data folder)`,
    })),
    as: optional(option("--as", string({ metavar: "USER[/DEVICE]" }), {
      description: message`The identity to use where the data folder holds several`,
    })),
    json: option("--json", { description: message`Machine output, one JSON object a line` }),
    quiet: option("--quiet", { description: message`No diagnostics, only results and errors` }),
    help: option("-h", "--help", { description: message`Show this help` }),
  },
);
