import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { integer } from "@optique/core/valueparser";
import { encodeUtf8 } from "../lib/bytes/mod.ts";
import { UsageError } from "../lib/errors/mod.ts";
import type { CommandContext } from "./command.ts";
import { readGivenPassphrase } from "./passphrase.ts";
import { path } from "./path_value.ts";
import { promptSecrets } from "./prompt.ts";

/** Where a user's password comes from; without any of them it is asked for. */
export interface PasswordValues {
  /** A file whose first line is the password. */
  readonly passwordFile: string | undefined;
  /** An open file descriptor whose first line is the password. */
  readonly passwordFd: number | undefined;
}

/** The options of commands that take a user's password. Merge them into the command's parser. */
export const passwordOptions = object("Password", {
  passwordFile: optional(option("--password-file", path("FILE", "file"), {
    description: message`Take the user's password from the first line of a file`,
  })),
  passwordFd: optional(option("--password-fd", integer({ metavar: "N", min: 0, max: 1023 }), {
    description: message`Take the user's password from the first line of an open file descriptor`,
  })),
});

/**
 * Returns a user's password as bytes; a new one is asked for twice.
 *
 * @throws {UsageError} password-conflict, password-mismatch, no-password-source, password-empty, empty-passphrase,
 *   passphrase-too-long
 */
export async function readPassword(
  { passwordFile, passwordFd }: PasswordValues,
  context: CommandContext,
  user: string,
  isNew: boolean,
): Promise<Uint8Array> {
  if (passwordFile !== undefined && passwordFd !== undefined) {
    throw new UsageError("password-conflict", "--password-file contradicts --password-fd");
  }
  const given = await readGivenPassphrase(
    { passphraseFile: passwordFile, passphraseFd: passwordFd },
    context,
  );
  if (given !== undefined) return given;
  const { io } = context;
  if (!io.stdin.isTerminal() || !io.stderr.isTerminal()) {
    throw new UsageError("no-password-source", "a password is needed and there is no terminal to ask at", {
      hint: "give it with --password-file or --password-fd",
    });
  }
  const labels = isNew ? [`New password of ${user}: `, "Again: "] : [`Password of ${user}: `];
  const [password = "", again] = await promptSecrets(io, labels);
  if (isNew && password !== again) throw new UsageError("password-mismatch", "the two passwords differ");
  if (password === "") throw new UsageError("password-empty", "the password is empty");
  return encodeUtf8(password);
}
