import { restoreBackup, type RestoredIdentity, type RestoreOptions } from "../../lib/client/mod.ts";
import { encodeUtf8 } from "../../lib/bytes/mod.ts";
import type { DeviceRef } from "../../lib/wire/mod.ts";
import type { World } from "./world.ts";

/** The passphrase of the backups that tests make. */
export const backupPassphrase = encodeUtf8("correct horse battery staple");

/** Argon2id's least, for tests that open many backups. */
export const cheapCost = { memoryKiB: 8, passes: 1, parallelism: 1 };

/** Writes a backup of a device of a world and returns the file. */
export async function backUp(world: World, ref: DeviceRef, name = "backup"): Promise<string> {
  const path = `${world.relay.folder}/${name}.parley`;
  const client = await world.client(ref);
  await client.backups.write(path, { passphrase: backupPassphrase, cost: cheapCost, force: true });
  await world.close(client);
  return path;
}

/** Restores a backup into a data folder. */
export function restoreInto(
  home: string,
  path: string,
  options: Partial<RestoreOptions> = {},
): Promise<RestoredIdentity> {
  return restoreBackup({
    home,
    path,
    passphrase: () => Promise.resolve(backupPassphrase),
    holder: "test",
    ...options,
  });
}
