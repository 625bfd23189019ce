import { Client, identityPath, selectIdentity } from "../lib/client/mod.ts";
import type { ParleyError } from "../lib/errors/mod.ts";
import { keeperOf } from "./agent/keeper.ts";
import type { CommandContext } from "./command.ts";
import { type PassphraseValues, readPassphrase } from "./passphrase.ts";
import { printable } from "./printable.ts";
import { agent } from "./version.ts";

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
  onWarning: (error: ParleyError) => void = (error) => context.out.note(printable(error.message)),
): Promise<Client> {
  const { home, options } = context;
  const identity = await selectIdentity(home, options.as);
  return await Client.open({
    home,
    identity,
    passphrase: () => readPassphrase(passphrase, context, `${identity.user}/${identity.device}`),
    keeper: keeperOf(identityPath(home, identity), context),
    holder: `parley ${verb} (pid ${Deno.pid})`,
    agent,
    onWarning,
  });
}
