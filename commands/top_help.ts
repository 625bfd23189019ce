import type { Io } from "./io.ts";
import { styleOf } from "./style.ts";
import type { CommandEntry } from "./table.ts";

/** Formats the list of commands: of parley itself, or of a command that has subcommands. */
export function formatCommandList(
  title: string,
  brief: string,
  entries: readonly CommandEntry[],
  io: Io,
): string {
  const style = styleOf(io, io.stdout);
  const width = Math.max(...entries.map(({ name }) => name.length));
  const rows = entries.map(({ name, brief }) => `  ${style.cyan(name.padEnd(width))}  ${brief}\n`);
  return `${brief}.\n\n${style.bold("Usage:")} ${title} COMMAND …\n\n${style.bold("Commands:")}\n` +
    `${rows.join("")}\n${style.bold("Options of every command:")}\n${GLOBAL_ROWS}\n` +
    `${title} COMMAND --help shows the options and examples of one command.\n` +
    (title === "parley" ? "parley --version shows which version this is.\n" : "");
}

// Written out, so that this page loads no parser; a test compares it with the parser's own options.
const GLOBAL_ROWS = `  --home DIR            The data folder (default: PARLEY_HOME, then the XDG data folder)
  --as USER[/DEVICE]    The identity to use where the data folder holds several
  --json                Machine output, one JSON object a line
  --quiet               No diagnostics, only results and errors
`;
