import { text } from "@optique/core/message";
import { type Suggestion, suggestSync } from "@optique/core/parser";
import { completeParser } from "./run_command.ts";
import { splitLeadingOptions } from "./leading_options.ts";
import { type CommandEntry, isTable } from "./table.ts";

/** Returns what may stand in place of the last of `words`; loads only the command that they name. */
export async function suggestWords(
  entries: readonly CommandEntry[],
  words: readonly string[],
): Promise<readonly Suggestion[]> {
  const [first, ...rest] = splitLeadingOptions(words).rest;
  if (first === undefined) return [];
  if (rest.length === 0) {
    return [...entries, HELP].filter(({ name }) => name.startsWith(first))
      .map(({ name, brief }) => ({ kind: "literal", text: name, description: [text(brief)] }));
  }
  const loaded = await entries.find(({ name }) => name === first)?.load();
  if (loaded === undefined) return [];
  if (isTable(loaded)) return await suggestWords(loaded, rest);
  const [head = "", ...tail] = rest;
  return suggestSync(completeParser(loaded), [head, ...tail]);
}

const HELP = { name: "--help", brief: "List the commands" };
