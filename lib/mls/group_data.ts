import type { Extension } from "ts-mls";
import { ProtocolError } from "../errors/mod.ts";

/**
 * The type of the extension of the GroupContext (RFC 9420 §8.1) that holds what the application and all members
 * agree on, from the range for private use (§17.3). Every leaf of ours lists it among its capabilities.
 */
export const GROUP_DATA_EXTENSION = 0xf0a1;

/** Bounds what a commit can make every member keep. */
const MAX_GROUP_DATA_BYTES = 256 * 1024;

/** The extensions of a group with this data; none where there is no data. */
export function toExtensions(groupData: Uint8Array | undefined): Extension[] {
  if (groupData === undefined) return [];
  return [{ extensionType: GROUP_DATA_EXTENSION, extensionData: groupData }];
}

/**
 * Reads the data among the extensions of a GroupContext.
 *
 * @throws {ProtocolError} `mls-invalid` where there are other extensions, or it is too long
 */
export function readGroupData(extensions: Extension[]): Uint8Array | undefined {
  const [first, ...others] = extensions;
  if (first === undefined) return undefined;
  if (others.length > 0 || first.extensionType !== GROUP_DATA_EXTENSION) {
    throw new ProtocolError("mls-invalid", "the group has extensions that parley does not know");
  }
  if (first.extensionData.length > MAX_GROUP_DATA_BYTES) {
    throw new ProtocolError("mls-invalid", "the group's data is too long");
  }
  return first.extensionData;
}
