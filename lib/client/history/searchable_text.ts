import type { MessageRow } from "../../store/mod.ts";
import type { BodyContent } from "../content/mod.ts";
import { readContent } from "../received_message.ts";

/**
 * Takes from a text what a search does not tell apart: upper and lower case, and forms of letters that Unicode
 * holds to be the same (NFKC). A sigma is the same at the end of a word.
 */
export function fold(text: string): string {
  return text.toWellFormed().normalize("NFKC").toLowerCase().replaceAll("ς", "σ");
}

/** What is searched of a line by itself, folded: of an edit what it says. Undefined where its content is gone. */
export function searchableText(row: Pick<MessageRow, "index" | "content">): string | undefined {
  const content = readContent(row);
  if (content === undefined) return undefined;
  if (content.kind === "edit") return textOf(content.content);
  return content.kind === "delete" || content.kind === "status" || content.kind === "control"
    ? undefined
    : textOf(content);
}

/** Text, file names and captions, and what is known of parts that cannot be shown; none of our own words. */
function textOf(body: BodyContent): string {
  if (body.kind === "text" && body.unknown === undefined) return fold(body.text);
  const unknown = (body.unknown ?? []).flatMap(({ contentType, description }) => [contentType, description]);
  return fold([...wordsOf(body), ...unknown].join("\n"));
}

function wordsOf(body: BodyContent): string[] {
  switch (body.kind) {
    case "text":
      return [body.text];
    case "files":
      return [...body.files.map(({ name }) => name), ...(body.caption === undefined ? [] : [body.caption])];
    case "reaction":
      return body.reactions;
    case "other":
      return [];
  }
}
