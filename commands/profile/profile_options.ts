import { existsSync } from "node:fs";
import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice, integer, string } from "@optique/core/valueparser";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { type Dialect, DIALECTS, type Profile, type ProfileEnvironment } from "../../lib/legacy/mod.ts";
import type { CommandContext } from "../command.ts";
import { path } from "../path_value.ts";

/** The values of {@link profileOptions}. */
export interface ProfileValues {
  /** The dialect. */
  readonly dialect: Dialect;
  /** The folder of the system's files as given. */
  readonly dir: string | undefined;
  /** `NAME=VALUE`, as often as given. */
  readonly set: readonly string[];
}

/** The option that names the profile. */
export function profileOption({ name }: Profile) {
  return option("--profile", choice([name], { metavar: "PROFILE" }), {
    description: message`The classic system`,
  });
}

/** The options that everything has which speaks a classic system. */
export function profileOptions(profile: Profile) {
  return object("Classic system", {
    profile: profileOption(profile),
    dialect: withDefault(
      option("--dialect", choice(DIALECTS, { metavar: "DIALECT" }), {
        description: message`As its description promises, or byte for byte as the published program`,
      }),
      "documented" as const,
    ),
    dir: optional(option("--dir", path("DIR", "directory"), {
      description: message`The folder of its files (default: the current one)`,
    })),
    set: multiple(option("--set", string({ metavar: "NAME=VALUE" }), {
      description: message`A setting of this system only`,
    })),
  });
}

/** A port to serve on or to connect to. */
export const portOption = optional(option("--port", integer({ metavar: "N", min: 0, max: 65_535 }), {
  description: message`The port (default: that of its description)`,
}));

/**
 * Returns what the profile needs from outside.
 *
 * @throws {UsageError} folder-missing, setting-malformed, setting-unknown
 */
export function profileEnvironment(
  profile: Profile,
  { dialect, dir, set }: ProfileValues,
  context: CommandContext,
): ProfileEnvironment {
  return {
    dialect,
    folder: dir === undefined ? context.resolve(".") : existing(context.resolve(dir)),
    now: context.io.now,
    random: systemRandom,
    settings: Object.fromEntries(set.map((text) => parseSetting(text, profile))),
  };
}

/** Some systems keep keys there that have to be made first, so that a new folder would be of no use. */
function existing(folder: string): string {
  if (!existsSync(folder)) {
    throw new UsageError("folder-missing", `there is no folder ${folder}`, {
      hint: "make it first, or name another",
    });
  }
  return folder;
}

function parseSetting(text: string, { name: profile, settings = {} }: Profile): [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) {
    throw new UsageError("setting-malformed", `expected NAME=VALUE, got ${JSON.stringify(text)}`);
  }
  const name = text.slice(0, at);
  if (Object.hasOwn(settings, name)) return [name, text.slice(at + 1)];
  const known = Object.keys(settings);
  throw new UsageError("setting-unknown", `${profile} has no setting ${JSON.stringify(name)}`, {
    hint: known.length === 0 ? "it has none" : `it has ${known.join(", ")}`,
  });
}
