import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { multiple, optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { UsageError } from "../lib/errors/mod.ts";
import { writeFileAtomically } from "../lib/store/mod.ts";
import { BRIEF } from "./brief.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { formatDay } from "./format_time.ts";
import { formatCommandPage, formatTablePage, pageName, type PageOptions } from "./man/format_page.ts";
import { path } from "./path_value.ts";
import { printable } from "./printable.ts";
import { type CommandEntry, commands, isTable } from "./table.ts";
import { version } from "./version.ts";

/** `parley man`. */
export const man = defineCommand({
  description:
    "Without words, the page of parley itself; with a command's name, that command's. The pages are made from " +
    "the same definitions as --help. With --out, all of them are written to a folder.",
  examples: [
    { line: "parley man | man -l -", does: "Read the page of parley" },
    { line: "parley man ca issue | man -l -", does: "Read the page of one command" },
    { line: "parley man --out /usr/local/share/man/man1", does: "Install all pages" },
  ],
  parser: object({
    out: optional(option("--out", path("DIR", "directory"), {
      description: message`Write the pages of all commands to this folder`,
    })),
    words: multiple(argument(string({ metavar: "COMMAND" }), {
      description: message`The command`,
    })),
  }),
  async execute({ out, words }, context) {
    const options = { version, day: formatDay(new Date(context.io.now())) };
    if (out !== undefined) return await writePages(context.resolve(out), words, options, context);
    const page = await findPage(words, options);
    context.out.result({ type: "man", name: page.name, page: page.text }, page.text);
  },
});

interface Page {
  readonly name: string;
  readonly text: string;
}

async function findPage(words: readonly string[], options: PageOptions): Promise<Page> {
  const name = pageName(["parley", ...words].join(" "));
  for await (const page of pages("parley", BRIEF, commands, options)) if (page.name === name) return page;
  throw new UsageError("unknown-command", `there is no command ${JSON.stringify(words.join(" "))}`, {
    hint: "parley --help lists the commands",
  });
}

async function writePages(
  folder: string,
  words: readonly string[],
  options: PageOptions,
  { out }: CommandContext,
): Promise<void> {
  if (words.length > 0) {
    throw new UsageError("bad-arguments", "--out writes the pages of all commands", {
      hint: "leave out the command, or --out",
    });
  }
  await Deno.mkdir(folder, { recursive: true });
  for await (const { name, text } of pages("parley", BRIEF, commands, options)) {
    const path = `${folder}/${name}.1`;
    writeFileAtomically(path, text, { mode: 0o644, force: true });
    out.result({ type: "man-file", name, path }, printable(path));
  }
}

/** The page of a table of commands, and those of everything in it. */
async function* pages(
  title: string,
  brief: string,
  entries: readonly CommandEntry[],
  options: PageOptions,
): AsyncGenerator<Page> {
  yield { name: pageName(title), text: formatTablePage(title, brief, entries, options) };
  for (const entry of entries) {
    const path = `${title} ${entry.name}`;
    const loaded = await entry.load();
    if (isTable(loaded)) yield* pages(path, entry.brief, loaded, options);
    else yield { name: pageName(path), text: formatCommandPage(path, entry.brief, loaded, options) };
  }
}
