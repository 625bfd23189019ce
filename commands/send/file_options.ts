import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { multiple, optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { FileToSend } from "../../lib/client/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandContext } from "../command.ts";
import { path } from "../path_value.ts";
import type { DraftValues } from "./draft.ts";

/** Files to be sent. */
export const fileOptions = object({
  file: multiple(option("--file", path("FILE", "file"), {
    description: message`Send a file or a folder, or with - standard input; several times for several`,
  })),
  name: optional(option("--name", string({ metavar: "NAME" }), {
    description: message`The name that a single file gets, which standard input needs`,
  })),
  caption: optional(option("--caption", string({ metavar: "TEXT" }), {
    description: message`A text beside the files`,
  })),
});

/** What was given of {@link fileOptions}. */
export interface FileValues {
  /** `--file`. */
  readonly file: readonly string[];
  /** `--name`. */
  readonly name?: string;
  /** `--caption`. */
  readonly caption?: string;
}

/** Files that a message will name, with the text beside them. */
export interface FilesDraft {
  /** Tells it from what `composer` takes. */
  readonly type: "files";
  /** The files. */
  readonly sources: FileToSend[];
  /** The text. */
  readonly caption?: string;
  /** The message that they answer. */
  readonly replyTo?: string;
  /** How long they last, in milliseconds. */
  readonly expiresInMs?: number;
}

/**
 * Makes files to be sent of the options; undefined where none are. `others` are what cannot be given with them.
 *
 * @throws {UsageError} `options-conflict`, `text-unwanted`, `name-missing`
 */
export function toFiles(
  { file, name, caption }: FileValues,
  { text, replyTo, expires, ...others }: DraftValues & { readonly text?: string },
  { io, resolve }: Pick<CommandContext, "io" | "resolve">,
): FilesDraft | undefined {
  if (file.length === 0) {
    if (name === undefined && caption === undefined) return undefined;
    throw new UsageError("options-conflict", "--name and --caption go with --file");
  }
  if (text !== undefined) {
    throw new UsageError("text-unwanted", "--file takes no text", {
      hint: "--caption TEXT stands beside the files",
    });
  }
  if (Object.values(others).some((value) => value !== undefined)) {
    throw new UsageError("options-conflict", "files are messages of their own", {
      hint: "leave out --edit, --delete and --react",
    });
  }
  if (name !== undefined && file.length > 1) {
    throw new UsageError("options-conflict", "--name is for a single file");
  }
  if (file.filter((one) => one === "-").length > 1) {
    throw new UsageError("options-conflict", "standard input can be sent once only");
  }
  const sources = file.map((one): FileToSend => {
    if (one !== "-") return { path: resolve(one), name };
    if (name !== undefined) return { stream: io.stdin.chunks(), name };
    throw new UsageError("name-missing", "what comes through standard input needs a name", {
      hint: "give it with --name NAME",
    });
  });
  return { type: "files", sources, caption, replyTo, expiresInMs: expires };
}
