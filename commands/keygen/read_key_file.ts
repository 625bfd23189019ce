import { UsageError } from "../../lib/errors/mod.ts";
import { type KeyText, parseKeyText } from "../../lib/pki/mod.ts";
import type { CommandContext } from "../command.ts";
import { readInputFile } from "../input_file.ts";
import { type PassphraseValues, readPassphrase } from "../passphrase.ts";

/** A key that was read from a file. */
export interface KeyFile extends KeyText {
  /** The passphrase under which it was encrypted. */
  passphrase?: Uint8Array;
}

const MAX_KEY_FILE_BYTES = 256 * 1024;

/**
 * Reads a key from a file in any form, asking for its passphrase where it is encrypted.
 *
 * @throws {UsageError} file-not-found, file-too-large, key-not-encrypted
 * @throws what `parseKeyText` throws, and Deno.errors where the file cannot be read
 */
export async function readKeyFile(
  file: string,
  values: PassphraseValues,
  context: CommandContext,
): Promise<KeyFile> {
  const text = new TextDecoder().decode(await readInputFile(file, MAX_KEY_FILE_BYTES));
  let passphrase: Uint8Array | undefined;
  const found = await parseKeyText(
    text,
    async () => passphrase = await readPassphrase(values, context, "the key"),
  );
  if (passphrase !== undefined) return { ...found, passphrase };
  // Who gives one may believe that what is written will be under it.
  if ((values.passphraseFile ?? values.passphraseFd) !== undefined) {
    throw new UsageError("key-not-encrypted", `${file} is not encrypted, and a passphrase was given`, {
      hint: "the passphrase of what is written is given with --new-passphrase-file",
    });
  }
  return found;
}
