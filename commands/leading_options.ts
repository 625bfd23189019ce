const TAKES_VALUE: Record<string, boolean> = {
  "--home": true,
  "--as": true,
  "--json": false,
  "--quiet": false,
};

/**
 * Splits arguments into the global options that stand before a command's name, and the rest. Knows their
 * names by itself, so that finding the command loads no parser; a test compares them with the parser's.
 */
export function splitLeadingOptions(args: readonly string[]): { leading: string[]; rest: string[] } {
  let at = 0;
  while (at < args.length) {
    const [name = "", value] = args[at]!.split("=", 2);
    const takesValue = TAKES_VALUE[name];
    if (takesValue === undefined) break;
    at += takesValue && value === undefined ? 2 : 1;
  }
  return { leading: args.slice(0, at), rest: args.slice(at) };
}
