import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { integer } from "@optique/core/valueparser";
import { encodeUtf8 } from "../lib/bytes/mod.ts";
import { UsageError } from "../lib/errors/mod.ts";
import type { CommandContext } from "./command.ts";
import { readInputFile } from "./input_file.ts";
import { promptSecrets } from "./prompt.ts";
import { path } from "./path_value.ts";

/** Where the passphrase of an existing key comes from; without any of them it is asked for. */
export interface PassphraseValues {
  /** A file whose first line is the passphrase. */
  readonly passphraseFile: string | undefined;
  /** An open file descriptor whose first line is the passphrase. */
  readonly passphraseFd: number | undefined;
}

/** Where the passphrase of a new key comes from. */
export interface NewPassphraseValues extends PassphraseValues {
  /** Whether the key is to rest unencrypted, protected by its file mode only. */
  readonly noPassphrase: boolean;
}

const sources = {
  passphraseFile: optional(option("--passphrase-file", path("FILE", "file"), {
    description: message`Take the passphrase from the first line of a file`,
  })),
  passphraseFd: optional(option("--passphrase-fd", integer({ metavar: "N", min: 0, max: 1023 }), {
    description: message`Take the passphrase from the first line of an open file descriptor`,
  })),
};

/** The options of commands that open a key. Merge them into the command's parser. */
export const passphraseOptions = object("Passphrase", sources);

/** The options of commands that make a key. Merge them into the command's parser. */
export const newPassphraseOptions = object("Passphrase", {
  noPassphrase: option("--no-passphrase", {
    description: message`Leave the private key unencrypted, protected by file mode 0600 only`,
  }),
  ...sources,
});

const MAX_PASSPHRASE_BYTES = 4096;
/** The first line counts; others may hold what they like. */
const MAX_PASSPHRASE_FILE_BYTES = 1024 * 1024;

/**
 * Returns the passphrase for an existing key as bytes. `what` names the key in the prompt ("the CA key").
 *
 * @throws {UsageError} no-passphrase-source, empty-passphrase, passphrase-too-long
 */
export async function readPassphrase(
  values: PassphraseValues,
  context: CommandContext,
  what: string,
): Promise<Uint8Array> {
  const given = await readGivenPassphrase(values, context);
  if (given !== undefined) return given;
  const [passphrase = ""] = await promptFor(context, [`Passphrase of ${what}: `], ASK_OPTIONS);
  return notEmpty(encodeUtf8(passphrase));
}

/**
 * Returns the passphrase for a new key as bytes, or undefined with `--no-passphrase`. A prompt asks twice.
 *
 * @throws {UsageError} passphrase-conflict, passphrase-mismatch, no-passphrase-source, empty-passphrase,
 *   passphrase-too-long
 */
export async function readNewPassphrase(
  values: NewPassphraseValues,
  context: CommandContext,
  what: string,
): Promise<Uint8Array | undefined> {
  const given = await readGivenPassphrase(values, context);
  if (values.noPassphrase) {
    if (given === undefined) return undefined;
    throw new UsageError("passphrase-conflict", "--no-passphrase contradicts a given passphrase");
  }
  if (given !== undefined) return given;
  return await promptNewPassphrase(context, what, `--no-passphrase, ${ASK_OPTIONS}`);
}

/**
 * Asks twice for the passphrase of a new key. `options` names what could have been given instead.
 *
 * @throws {UsageError} passphrase-mismatch, no-passphrase-source, empty-passphrase
 */
export async function promptNewPassphrase(
  context: CommandContext,
  what: string,
  options: string,
): Promise<Uint8Array> {
  const labels = [`New passphrase for ${what}: `, "Again: "];
  const [first = "", second] = await promptFor(context, labels, options);
  if (first !== second) throw new UsageError("passphrase-mismatch", "the two passphrases differ");
  return notEmpty(encodeUtf8(first));
}

const ASK_OPTIONS = "--passphrase-file or --passphrase-fd";

/**
 * Returns the passphrase that the options give, or undefined where they give none.
 *
 * @throws {UsageError} file-not-found, file-too-large, passphrase-conflict, empty-passphrase, passphrase-too-long
 */
export async function readGivenPassphrase(
  values: PassphraseValues,
  context: CommandContext,
): Promise<Uint8Array | undefined> {
  const { passphraseFile, passphraseFd } = values;
  if (passphraseFile !== undefined && passphraseFd !== undefined) {
    throw new UsageError("passphrase-conflict", "--passphrase-file contradicts --passphrase-fd");
  }
  if (passphraseFile !== undefined) {
    return firstLine(await readInputFile(context.resolve(passphraseFile), MAX_PASSPHRASE_FILE_BYTES));
  }
  if (passphraseFd === undefined) return undefined;
  return firstLine(await context.io.readFd(passphraseFd, MAX_PASSPHRASE_BYTES + 1));
}

function firstLine(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0x0a);
  let line = end < 0 ? bytes : bytes.subarray(0, end);
  if (line.at(-1) === 0x0d) line = line.subarray(0, -1);
  if (line.length > MAX_PASSPHRASE_BYTES) {
    throw new UsageError("passphrase-too-long", `a passphrase has at most ${MAX_PASSPHRASE_BYTES} bytes`);
  }
  return notEmpty(line);
}

function notEmpty(passphrase: Uint8Array): Uint8Array {
  if (passphrase.length > 0) return passphrase;
  throw new UsageError("empty-passphrase", "the passphrase is empty");
}

async function promptFor(context: CommandContext, labels: string[], options: string): Promise<string[]> {
  const { io } = context;
  if (io.stdin.isTerminal() && io.stderr.isTerminal()) return await promptSecrets(io, labels);
  throw new UsageError("no-passphrase-source", "a passphrase is needed and there is no terminal to ask at", {
    hint: `give it with ${options}`,
  });
}
