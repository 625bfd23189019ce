import { PROFILE_NAMES } from "../../lib/legacy/mod.ts";

const names = `${PROFILE_NAMES.slice(0, -1).join(", ")} or ${PROFILE_NAMES.at(-1)}`;

/** What the help of the commands says that know `--profile`. */
export const PROFILE_HINT: string = `With --profile ${names} it is a command of that classic system; ` +
  "--profile NAME --help tells which options it has then.";

/** Returns the profile that the arguments name, or undefined: `--profile NAME` or `--profile=NAME`. */
export function profileNameIn(args: readonly string[]): string | undefined {
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  const at = options.findIndex((arg) => arg === "--profile" || arg.startsWith("--profile="));
  if (at < 0) return undefined;
  return options[at]!.slice("--profile=".length) || (options[at + 1] ?? "");
}
