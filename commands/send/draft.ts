import type { Draft } from "../../lib/client/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";

/** What the options say of the message. */
export interface DraftValues {
  /** `--reply-to`. */
  readonly replyTo?: string;
  /** `--edit`. */
  readonly edit?: string;
  /** `--delete`. */
  readonly deleted?: string;
  /** `--react`. */
  readonly react?: string;
  /** `--expires`, in milliseconds. */
  readonly expires?: number;
}

/**
 * Makes a draft of options and text; the text is read where it is needed and was not given.
 *
 * @throws {UsageError} `options-conflict`, `text-unwanted`
 */
export async function toDraft(
  { replyTo, edit, deleted, react, expires }: DraftValues,
  given: string | undefined,
  read: () => Promise<string>,
): Promise<Draft> {
  const named = Object.entries({
    "--reply-to": replyTo,
    "--edit": edit,
    "--delete": deleted,
    "--react": react,
  })
    .filter(([, value]) => value !== undefined).map(([name]) => name);
  if (named.length > 1) throw conflict(named[0]!, named[1]!);
  if (expires !== undefined && named[0] !== undefined && named[0] !== "--reply-to") {
    throw conflict(named[0], "--expires");
  }
  if (deleted !== undefined) {
    if (given !== undefined) throw new UsageError("text-unwanted", "--delete takes no text");
    return { type: "delete", target: deleted };
  }
  const text = given ?? await read();
  if (edit !== undefined) return { type: "edit", target: edit, text };
  if (react !== undefined) return { type: "reaction", target: react, reaction: text };
  return { type: "text", text, replyTo, expiresInMs: expires };
}

function conflict(one: string, other: string): UsageError {
  return new UsageError("options-conflict", `${one} and ${other} cannot be given together`);
}
