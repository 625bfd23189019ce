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
const APPLICATION = 1;
/** After version, wire format and a length of one byte. */
const GROUP_ID_START = 5;
const contentTypes = new Map<number, MlsHeader["contentType"]>([
  [APPLICATION, "application"],
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

/**
 * Reads the epoch of an application message of the group named, whose name is short and ASCII; a relay's hot path.
 * Undefined for everything else, right or wrong, of which {@link readMlsHeader} then says what it is.
 */
export function readApplicationEpoch(message: Uint8Array, groupId: string): number | undefined {
  const { length } = groupId, end = GROUP_ID_START + length;
  // A length of 64 and more takes two bytes.
  if (length > 63 || message[4] !== length || message[end + 8] !== APPLICATION) return undefined;
  if (message[0] !== 0 || message[1] !== MLS10 || message[2] !== 0 || message[3] !== MLS_PRIVATE_MESSAGE) {
    return undefined;
  }
  for (let i = 0; i < length; i++) {
    if (message[GROUP_ID_START + i] !== groupId.charCodeAt(i)) return undefined;
  }
  let epoch = 0;
  for (let i = 0; i < 8; i++) epoch = epoch * 256 + message[end + i]!;
  return Number.isSafeInteger(epoch) ? epoch : undefined;
}

function malformed(field: string): DecodeError {
  return new DecodeError("mls-malformed", `cannot decode MLS message: unexpected ${field}`, { field });
}
