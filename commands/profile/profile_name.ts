/** What the help of the commands says that know `--profile`. */
export const PROFILE_HINT =
  "With --profile keyparts, ca-chat, ddes, dh-aes or elgamal it is a command of that " +
  "classic system; --profile NAME --help tells which options it has then.";

/** Returns the profile that the arguments name, or undefined: `--profile NAME` or `--profile=NAME`. */
export function profileNameIn(args: readonly string[]): string | undefined {
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  const at = options.findIndex((arg) => arg === "--profile" || arg.startsWith("--profile="));
  if (at < 0) return undefined;
  return options[at]!.slice("--profile=".length) || (options[at + 1] ?? "");
}
