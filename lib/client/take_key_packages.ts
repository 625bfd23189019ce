import { AuthenticationError, ParleyError } from "../errors/mod.ts";
import { type MlsContext, readKeyPackage } from "../mls/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import { type DeviceRef, formatDeviceRef, limits } from "../wire/mod.ts";
import { isSameDevice } from "./group_state.ts";

/** A commit that holds so many bytes of key packages leaves room for its path, and its welcome for the tree. */
const MAX_ADDED_BYTES = limits.maxCommitBytes * 0.6;

/** Key packages of devices that are to be added. */
export interface TakenKeyPackages {
  /** By `USER/DEVICE`. */
  packages: Map<string, Uint8Array>;
  /** Whether there are more devices than one commit can add. */
  more: boolean;
}

/**
 * Takes a key package of each device, as far as they fit into one commit. One whose credential is not that device's
 * is left out: the relay hands them out, but what they say is the CA's word.
 *
 * @throws {AuthenticationError} `key-package-foreign` and why a credential is refused, where none is left
 */
export async function takeKeyPackages(
  mls: MlsContext,
  devices: DeviceRef[],
  connection: ClientConnection,
): Promise<TakenKeyPackages> {
  const packages = new Map<string, Uint8Array>();
  let refusal: ParleyError | undefined, bytes = 0, next = 0;
  for (; next < devices.length && bytes < MAX_ADDED_BYTES; next += limits.maxKeyPackages) {
    const some = devices.slice(next, next + limits.maxKeyPackages);
    const answer = await connection.request("take-key-packages", { devices: some });
    for (const { device, keyPackage } of answer.packages) {
      try {
        const holder = await readKeyPackage(mls, keyPackage);
        if (!isSameDevice(holder, device)) throw foreignKeyPackage(device);
        packages.set(formatDeviceRef(device), keyPackage);
        bytes += keyPackage.length;
      } catch (error) {
        if (!(error instanceof ParleyError) || error.kind === "internal") throw error;
        refusal ??= error;
      }
    }
  }
  if (packages.size === 0 && refusal !== undefined) throw refusal;
  return { packages, more: next < devices.length };
}

function foreignKeyPackage(device: DeviceRef): AuthenticationError {
  return new AuthenticationError(
    "key-package-foreign",
    `the relay gave a key package for ${formatDeviceRef(device)} that belongs to another`,
  );
}
