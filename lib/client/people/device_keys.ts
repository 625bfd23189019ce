import { AuthenticationError } from "../../errors/mod.ts";
import { checkMembers } from "../../mls/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import { type DeviceCertificate, formatDeviceRef } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import type { DeviceKey } from "./mark.ts";

/** A device whose certificate was verified. */
export interface VerifiedDevice extends DeviceKey {
  /** Its user. */
  user: string;
}

/** What the relay's list says of a device whose certificate was verified. */
export interface ListedDevice extends VerifiedDevice, Pick<DeviceCertificate, "online" | "lastSeen"> {
  /** The certificate, DER. */
  certificate: Uint8Array<ArrayBuffer>;
}

type KeyCore = Pick<ClientCore, "identity" | "store" | "mls">;

/**
 * A certificate that the relay lists may have ended by this device's clock and CRL, which may be newer; or it is for
 * a key of another kind, which no member of a conversation has.
 */
const PASSED_OVER = ["cert-revoked", "cert-expired", "cert-not-yet-valid", "credential-invalid"];

/**
 * The devices of users by the certificates that the relay lists, each verified under the root that this device
 * trusts.
 *
 * @throws {AuthenticationError} `certificate-foreign` and what a certificate is refused with, where the relay lists
 * what the authority has not issued
 */
export async function listDevices(
  { identity }: Pick<KeyCore, "identity">,
  users: string[],
  connection: ClientConnection,
): Promise<ListedDevice[]> {
  const { devices } = await connection.request("certificates", { users });
  const listed: ListedDevice[] = [];
  for (const { user, device, certificate, online, lastSeen } of devices) {
    try {
      const holder = await identity.trust.checkCredential([certificate]);
      if (holder.user !== user || holder.device !== device || !users.includes(user)) {
        throw new AuthenticationError(
          "certificate-foreign",
          `the relay gave the certificate of another device for ${formatDeviceRef({ user, device })}`,
        );
      }
      listed.push({ user, device, key: holder.publicKey, certificate, online, lastSeen });
    } catch (error) {
      if (!(error instanceof AuthenticationError) || !PASSED_OVER.includes(error.code)) throw error;
    }
  }
  return listed;
}

/**
 * The devices of users whose keys count: those that the relay lists, and those that are members of a conversation
 * of this device though the relay does not list them.
 *
 * @throws {AuthenticationError} what {@link listDevices} throws
 */
export async function gatherDevices(
  core: KeyCore,
  users: string[],
  connection: ClientConnection,
): Promise<VerifiedDevice[]> {
  const found = new Map<string, VerifiedDevice>();
  for (const { user, device, key } of await listDevices(core, users, connection)) {
    found.set(`${user} ${key.toHex()}`, { user, device, key });
  }
  for (const mailbox of core.store.groups.conversations()) {
    const members = core.store.groups.members(mailbox);
    const unlisted = members.filter(({ user, signatureKey }) =>
      users.includes(user) && !found.has(`${user} ${signatureKey.toHex()}`)
    );
    const tree = unlisted.length > 0 ? core.store.groups.group(mailbox)?.tree : undefined;
    if (tree === undefined) continue;
    // Members whose certificate has ended are on their way out.
    const refused = await checkMembers(core.mls, tree);
    for (const { leaf, user, device, signatureKey: key } of unlisted) {
      if (!refused.includes(leaf)) found.set(`${user} ${key.toHex()}`, { user, device, key });
    }
  }
  return [...found.values()].sort((a, b) => formatDeviceRef(a) < formatDeviceRef(b) ? -1 : 1);
}
