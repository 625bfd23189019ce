import { concatBytes, encodeUtf8, Writer } from "../bytes/mod.ts";
import { digest } from "../crypto/mod.ts";
import { parseName } from "./identity.ts";
import { formatRelayAddress, type RelayAddress } from "./relay_address.ts";

/** What a device vouches for when it invites another device of its user. */
export interface DeviceLink {
  /** The user: that of the device that signs. */
  user: string;
  /** The name that the new device is to have. */
  device: string;
  /** The SHA-256 of the invite's token. */
  tokenHash: Uint8Array;
  /** After this instant it cannot be redeemed. */
  expiresAt: Date;
  /** The relay that the invite names. */
  relay: RelayAddress;
}

const LABEL = encodeUtf8("parley link v1");

/**
 * What the inviting device signs: the text `parley link v1` and the SHA-256 of six fields, each behind its length
 * in four bytes:
 *
 * ```
 * user | device | token hash | end of validity, ms since 1970 in 8 bytes | relay as HOST:PORT | root hash
 * ```
 *
 * @param rootHash the SHA-256 of the root certificate that the device trusts
 * @throws {UsageError} `name-malformed`
 */
export function deviceLinkMessage(link: DeviceLink, rootHash: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new Writer(512);
  const fields = [
    encodeUtf8(parseName(link.user, "user")),
    encodeUtf8(parseName(link.device, "device")),
    link.tokenHash,
    new Writer(8).u64(BigInt(link.expiresAt.getTime())).finish(),
    encodeUtf8(formatRelayAddress(link.relay)),
    rootHash,
  ];
  for (const field of fields) writer.u32(field.length).bytes(field);
  return concatBytes(LABEL, digest("SHA-256", writer.finish()));
}
