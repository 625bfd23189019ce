import { decodeUtf8, Reader } from "../bytes/mod.ts";
import { DecodeError } from "../errors/mod.ts";

/** What a relay can read of an MLSMessage without any key. */
export interface MlsHeader {
  /** The group id as text; in parley the name of the conversation's mailbox. */
  groupId: string;
  /** The epoch that the message was made in. */
  epoch: number;
  /** What the message holds (RFC 9420 §6). */
  contentType: "application" | "proposal" | "commit";
  /** Whether its author enters the group from outside by it (RFC 9420 §12.4.3.2). */
  external: boolean;
}

const MLS10 = 1;
const MLS_PUBLIC_MESSAGE = 1, MLS_PRIVATE_MESSAGE = 2, MLS_GROUP_INFO = 4;
const NEW_MEMBER_COMMIT = 4;
const contentTypes = new Map<number, MlsHeader["contentType"]>([
  [1, "application"],
  [2, "proposal"],
  [3, "commit"],
]);

/**
 * Reads the part of an MLSMessage (RFC 9420 §6) that is not encrypted. Accepted are PrivateMessage, in which
 * members send everything, and PublicMessage where its sender is a `new_member_commit`.
 *
 * ```text
 * uint16 version | uint16 wire_format | opaque group_id<V> | uint64 epoch |
 *   PrivateMessage: uint8 content_type | …
 *   PublicMessage:  uint8 sender_type | opaque authenticated_data<V> | uint8 content_type | …
 * ```
 *
 * @throws {DecodeError} `mls-malformed`
 */
export function readMlsHeader(message: Uint8Array): MlsHeader {
  const reader = new Reader(message);
  const wireFormat = readWireFormat(reader);
  const external = wireFormat === MLS_PUBLIC_MESSAGE;
  if (!external && wireFormat !== MLS_PRIVATE_MESSAGE) throw malformed("wire format");
  const place = readPlace(reader);
  if (external) {
    if (reader.u8("MLS sender") !== NEW_MEMBER_COMMIT) throw malformed("sender");
    reader.bytes(reader.varint("MLS authenticated data"), "MLS authenticated data");
  }
  const contentType = contentTypes.get(reader.u8("MLS content type"));
  if (contentType === undefined || (external && contentType !== "commit")) throw malformed("content type");
  return { ...place, contentType, external };
}

/**
 * Reads of which group and epoch a GroupInfo (RFC 9420 §12.4.3) is.
 *
 * ```text
 * uint16 version | uint16 wire_format | uint16 version | uint16 cipher_suite | opaque group_id<V> | uint64 epoch | …
 * ```
 *
 * @throws {DecodeError} `mls-malformed`
 */
export function readGroupInfoHeader(message: Uint8Array): Pick<MlsHeader, "groupId" | "epoch"> {
  const reader = new Reader(message);
  if (readWireFormat(reader) !== MLS_GROUP_INFO) throw malformed("wire format");
  if (reader.u16("MLS version") !== MLS10) throw malformed("version");
  reader.u16("MLS cipher suite");
  return readPlace(reader);
}

function readWireFormat(reader: Reader): number {
  if (reader.u16("MLS version") !== MLS10) throw malformed("version");
  return reader.u16("MLS wire format");
}

function readPlace(reader: Reader): Pick<MlsHeader, "groupId" | "epoch"> {
  const groupId = decodeUtf8(reader.bytes(reader.varint("MLS group id"), "MLS group id"));
  const epoch = reader.u32("MLS epoch") * 2 ** 32 + reader.u32("MLS epoch");
  if (!Number.isSafeInteger(epoch)) throw malformed("epoch");
  return { groupId, epoch };
}

function malformed(field: string): DecodeError {
  return new DecodeError("mls-malformed", `cannot decode MLS message: unexpected ${field}`, { field });
}
