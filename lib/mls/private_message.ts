import { decodeMlsMessage, type PrivateMessage } from "ts-mls";
import { DecodeError, ProtocolError } from "../errors/mod.ts";
import type { GroupEpoch } from "./group_epoch.ts";

/**
 * Decodes an MLSMessage that must be a PrivateMessage of the given group and epoch (RFC 9420 §6.3).
 *
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `mls-wrong-epoch`
 */
export function decodePrivateMessage(epoch: GroupEpoch, message: Uint8Array): PrivateMessage {
  const decoded = decodeMlsMessage(message, 0);
  if (decoded === undefined || decoded[1] !== message.length) throw malformed();
  if (decoded[0].wireformat !== "mls_private_message") throw malformed();
  const { privateMessage } = decoded[0];
  const { groupContext } = epoch.parts;
  const sameGroup = new TextDecoder().decode(privateMessage.groupId) === epoch.groupId;
  if (!sameGroup || privateMessage.epoch !== groupContext.epoch) {
    throw new ProtocolError("mls-wrong-epoch", "the MLS message belongs to another group or epoch");
  }
  return privateMessage;
}

function malformed(): DecodeError {
  return new DecodeError("mls-malformed", "cannot decode MLS message");
}
