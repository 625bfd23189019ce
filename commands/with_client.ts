import type { Client } from "../lib/client/mod.ts";
import type { CommandContext } from "./command.ts";
import { openClient } from "./open_client.ts";
import type { PassphraseValues } from "./passphrase.ts";

/**
 * Opens the client, connects it, works in what the relay has, hands it to `work`, and closes it.
 *
 * @throws what `openClient`, connecting and `work` throw
 */
export async function withClient<T>(
  verb: string,
  passphrase: PassphraseValues,
  context: CommandContext,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await openClient(verb, passphrase, context);
  try {
    await client.connect(context.signal);
    await client.catchUp();
    return await work(client);
  } finally {
    await client.close();
  }
}
