import { systemRandom } from "../../lib/crypto/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { Pkcs8Protection } from "../../lib/pki/mod.ts";
import type { CommandContext } from "../command.ts";
import { type PassphraseValues, promptNewPassphrase, readGivenPassphrase } from "../passphrase.ts";

/** What the options say about the passphrase of the key that is written. */
export interface ProtectionValues extends PassphraseValues {
  /** The key that is there already, if there is one. */
  readonly in: string | undefined;
  /** Whether to ask for a new passphrase. */
  readonly encrypt: boolean;
  /** Whether the key is to rest unencrypted. */
  readonly noPassphrase: boolean;
  /** A file with the new passphrase of an existing key. */
  readonly newPassphraseFile: string | undefined;
  /** A descriptor with the new passphrase of an existing key. */
  readonly newPassphraseFd: number | undefined;
}

/**
 * Returns how the key that is written is encrypted, or undefined for not at all. An existing key that is
 * encrypted stays so, under `passphrase`, unless something else is asked for.
 *
 * @throws {UsageError} passphrase-conflict and what reading a passphrase throws
 */
export async function chooseProtection(
  values: ProtectionValues,
  context: CommandContext,
  passphrase?: Uint8Array,
): Promise<Pkcs8Protection | undefined> {
  const isNew = values.in === undefined;
  const sources = isNew ? values : {
    passphraseFile: values.newPassphraseFile,
    passphraseFd: values.newPassphraseFd,
  };
  let chosen = await readGivenPassphrase(sources, context);
  if (values.noPassphrase) {
    if (chosen === undefined && !values.encrypt) return undefined;
    throw new UsageError("passphrase-conflict", "--no-passphrase contradicts a new passphrase");
  }
  if (values.encrypt) {
    const options = isNew
      ? "--passphrase-file or --passphrase-fd"
      : "--new-passphrase-file or --new-passphrase-fd";
    chosen ??= await promptNewPassphrase(context, "the key", options);
  }
  chosen ??= passphrase;
  return chosen && { passphrase: chosen, random: systemRandom };
}
