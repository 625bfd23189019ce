import { encodeHex } from "../../../lib/bytes/mod.ts";
import type { Client } from "../../../lib/client/mod.ts";
import { CellCipher, ClientStore } from "../../../lib/store/mod.ts";
import { exportSecret, GroupEpoch, openMlsContext } from "../../../lib/mls/mod.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { openIdentity } from "../../../lib/client/identity.ts";
import { readCredential } from "../../../lib/client/trust.ts";
import type { DeviceRef } from "../../../lib/wire/mod.ts";
import type { World } from "../../support/world.ts";

/** Opens a client, connects it, does something and closes it, as one command does. */
export async function withClient<T>(
  world: World,
  ref: DeviceRef,
  work: (client: Client) => Promise<T> | T,
): Promise<T> {
  const client = await world.client(ref);
  try {
    await client.connect();
    await client.catchUp();
    return await work(client);
  } finally {
    await world.close(client);
  }
}

/** Sends a text to a group. */
export function say(world: World, from: DeviceRef, group: string, text: string): Promise<void> {
  return withClient(world, from, async (client) => {
    const sent = await client.composer.enqueue(client.groups.resolve(group), { type: "text", text });
    await client.deliver(sent.conversation);
  });
}

/** The epoch of a conversation on a device, and a secret that all members of it share. */
export async function secretOf(
  world: World,
  ref: DeviceRef,
  mailbox: string,
): Promise<{ epoch: number; secret: string }> {
  const folder = world.folderOf(ref);
  const noPassphrase = () => Promise.reject(new Error("there is no passphrase"));
  const identity = await openIdentity(world.home, ref, noPassphrase, () => new Date());
  const mls = await openMlsContext({
    random: systemRandom,
    identity: identity.mls,
    checkCredential: readCredential,
    readCredential,
  });
  const cipher = new CellCipher(identity.storageKey.expose(), systemRandom);
  const store = ClientStore.open(folder, { cipher, holder: "test" });
  try {
    const epoch = GroupEpoch.decode(store.groups.epoch(mailbox)!);
    const options = { label: "test", context: new Uint8Array(), length: 32 };
    return { epoch: epoch.number, secret: encodeHex(await exportSecret(mls, epoch, options)) };
  } finally {
    await store.close();
  }
}
