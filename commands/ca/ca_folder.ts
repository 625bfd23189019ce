import { join } from "node:path";
import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { type CaFolder, openCa } from "../../lib/store/mod.ts";
import { keeperOf } from "../agent/keeper.ts";
import type { CommandContext } from "../command.ts";
import { type PassphraseValues, readPassphrase } from "../passphrase.ts";
import { path } from "../path_value.ts";

/** Which folder holds the authority. */
export interface CaFolderValues {
  /** The folder as given. */
  readonly dir: string | undefined;
}

/** The option that names the authority's folder. */
export const caFolderOptions = object({
  dir: optional(option("--dir", path("DIR", "directory"), {
    description: message`The authority's folder (default: ca in the data folder)`,
  })),
});

/** Returns the authority's folder as an absolute path. */
export function caFolderPath({ dir }: CaFolderValues, context: CommandContext): string {
  return dir === undefined ? join(context.home, "ca") : context.resolve(dir);
}

/** Opens the authority. Its passphrase is asked for when something is signed, and never where none is needed. */
export function openCaFolder(values: CaFolderValues & PassphraseValues, context: CommandContext): CaFolder {
  const dir = caFolderPath(values, context);
  return openCa(dir, {
    clock: () => new Date(context.io.now()),
    keeper: keeperOf(dir, context),
    passphrase: () => readPassphrase(values, context, "the authority's key"),
  });
}

/** Opens the authority for what needs no key. */
export function openCaLog(values: CaFolderValues, context: CommandContext): CaFolder {
  return openCa(caFolderPath(values, context), { clock: () => new Date(context.io.now()) });
}
