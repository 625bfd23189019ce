import type { Client, PassphraseSource, ReceiptPolicy } from "../lib/client/mod.ts";
import type { ParleyError } from "../lib/errors/mod.ts";
import { keeperOf } from "./agent/keeper.ts";
import type { CommandContext } from "./command.ts";
import { type PassphraseValues, readPassphrase } from "./passphrase.ts";
import { printable } from "./printable.ts";
import { agent } from "./version.ts";

/** What a command may want otherwise. */
export interface OpenClientOptions {
  /** Hears what is wrong and does not stop it. Default: it is noted on standard error. */
  onWarning?: (error: ParleyError) => void;
  /** What others are told of their messages. Default: `read`. */
  receipts?: ReceiptPolicy;
  /** Gives the passphrase; `ask` does so by the options or at the terminal. Default: `ask`. */
  passphrase?: (ask: PassphraseSource) => Promise<Uint8Array>;
}

/**
 * Opens the client of the identity that `--home` and `--as` select; asks for its passphrase where it has
 * one.
 *
 * @throws {UsageError} no-identity, identity-unknown, identity-ambiguous
 */
export async function openClient(
  verb: string,
  passphrase: PassphraseValues,
  context: CommandContext,
  more: OpenClientOptions = {},
): Promise<Client> {
  const { home, options } = context;
  // Loaded here, so that a command's help and its mistakes do not wait for MLS.
  const { Client, identityPath, selectIdentity } = await import("../lib/client/mod.ts");
  const identity = await selectIdentity(home, options.as);
  const ask = () => readPassphrase(passphrase, context, `${identity.user}/${identity.device}`);
  return await Client.open({
    home,
    identity,
    passphrase: () => (more.passphrase ?? ((ask) => ask()))(ask),
    keeper: keeperOf(identityPath(home, identity), context),
    holder: `parley ${verb} (pid ${Deno.pid})`,
    agent,
    onWarning: more.onWarning ?? ((error) => context.out.note(printable(error.message))),
    receipts: more.receipts,
  });
}
