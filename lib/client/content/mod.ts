/**
 * What messages say: the IETF MIMI content format (draft-ietf-mimi-content-09).
 *
 * @module
 */
export {
  encodeControl,
  encodeDelete,
  encodeEdit,
  encodeFiles,
  encodeReaction,
  encodeStatusReport,
  encodeText,
  encodeUnlike,
  maxFiles,
  maxTextBytes,
  type MessageOptions,
  type TextOptions,
} from "./compose_content.ts";
export type {
  BodyContent,
  BodyFields,
  Content,
  ControlContent,
  DeleteContent,
  EditContent,
  FilesContent,
  OtherContent,
  ReactionContent,
  StatusContent,
  TextContent,
  UnknownPart,
} from "./content.ts";
export { decodeMimiContent } from "./decode_mimi_content.ts";
export { describeContent } from "./describe_content.ts";
export { encodeMimiContent } from "./encode_mimi_content.ts";
export { expireAfter, expireAt, expiryMs, isPlausibleExpiration } from "./expiration.ts";
export type { FileReference } from "./file_reference.ts";
export { deriveMessageId, formatRoomUri, formatSenderUri } from "./message_id.ts";
export {
  contentLimits,
  dispositions,
  type Expiration,
  type ExternalPart,
  type MessageId,
  type MimiContent,
  type MimiExtension,
  type MultiPart,
  type NestedPart,
  type NullPart,
  type PartFields,
  type PartSemantics,
  type SinglePart,
} from "./mimi_content.ts";
export { maxStatuses, type MessageStatus, type StatusName } from "./status_report.ts";
export { decodeContent, summarise } from "./summarise.ts";
