import { decodeMlsMessage, type MlsPrivateMessage, type MlsPublicMessage, type PrivateMessage } from "ts-mls";
import { DecodeError, ProtocolError } from "../errors/mod.ts";
import type { GroupEpoch } from "./group_epoch.ts";

/**
 * Decodes an MLSMessage that must be a PrivateMessage of the given group and epoch (RFC 9420 §6.3).
 *
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `mls-wrong-epoch`
 */
export function decodePrivateMessage(epoch: GroupEpoch, message: Uint8Array): PrivateMessage {
  const decoded = decodeHandshake(epoch, message);
  if (decoded.wireformat !== "mls_private_message") throw malformed();
  return decoded.privateMessage;
}

/**
 * Decodes an MLSMessage that must be a PrivateMessage or a PublicMessage of the given group and epoch.
 *
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `mls-wrong-epoch`
 */
export function decodeHandshake(
  { parts, groupId }: GroupEpoch,
  message: Uint8Array,
): MlsPrivateMessage | MlsPublicMessage {
  const decoded = decodeMlsMessage(message, 0);
  if (decoded === undefined || decoded[1] !== message.length) throw malformed();
  const [content] = decoded;
  if (content.wireformat !== "mls_private_message" && content.wireformat !== "mls_public_message") {
    throw malformed();
  }
  const header = content.wireformat === "mls_private_message"
    ? content.privateMessage
    : content.publicMessage.content;
  const sameGroup = new TextDecoder().decode(header.groupId) === groupId;
  if (!sameGroup || header.epoch !== parts.groupContext.epoch) {
    throw new ProtocolError("mls-wrong-epoch", "the MLS message belongs to another group or epoch");
  }
  return content;
}

function malformed(): DecodeError {
  return new DecodeError("mls-malformed", "cannot decode MLS message");
}
