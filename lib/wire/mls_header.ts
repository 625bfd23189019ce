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
}

const MLS10 = 1;
const MLS_PRIVATE_MESSAGE = 2;
const contentTypes = new Map<number, MlsHeader["contentType"]>([
  [1, "application"],
  [2, "proposal"],
  [3, "commit"],
]);

/**
 * Reads the part of an MLSMessage (RFC 9420 §6) that is not encrypted. Only PrivateMessage is
 * accepted: parley's members send nothing else.
 *
 * ```text
 * uint16 version | uint16 wire_format | opaque group_id<V> | uint64 epoch | uint8 content_type | …
 * ```
 *
 * @throws {DecodeError} `mls-malformed`
 */
export function readMlsHeader(message: Uint8Array): MlsHeader {
  const reader = new Reader(message);
  if (reader.u16("MLS version") !== MLS10) throw malformed("version");
  if (reader.u16("MLS wire format") !== MLS_PRIVATE_MESSAGE) throw malformed("wire format");
  const groupId = decodeUtf8(reader.bytes(reader.varint("MLS group id"), "MLS group id"));
  const epoch = Number(reader.u64("MLS epoch"));
  if (!Number.isSafeInteger(epoch)) throw malformed("epoch");
  const contentType = contentTypes.get(reader.u8("MLS content type"));
  if (contentType === undefined) throw malformed("content type");
  return { groupId, epoch, contentType };
}

function malformed(field: string): DecodeError {
  return new DecodeError("mls-malformed", `cannot decode MLS message: unexpected ${field}`, { field });
}
