/**
 * The relay protocol as bytes: frames, messages, limits. Pure codec, no I/O.
 *
 * @module
 */
export type { SplitBody } from "./blob_codec.ts";
export type * from "./blob_operation_types.ts";
export {
  BLOB_CHECKSUM_BYTES,
  BLOB_ID_BYTES,
  BLOB_RECORD_BYTES,
  encodeBlobRecord,
  isBlobRecordIntact,
  writeBlobChecksum,
} from "./blob_record.ts";
export {
  decodePush,
  decodeRemoteError,
  decodeRequest,
  decodeResponse,
  encodedEntriesPush,
  encodePush,
  encodeRemoteError,
  encodeRequest,
  encodeResponse,
  encodeSplitRequest,
  encodeSplitResponse,
  type ReceivedRequest,
} from "./codec.ts";
export { type Entry, ENTRY_ID_BYTES } from "./entry.ts";
export type * from "./device_operation_types.ts";
export type * from "./group_operation_types.ts";
export { decodeEntries, EntriesEncoder } from "./entries_codec.ts";
export {
  encodeFrame,
  encodeFrameInto,
  encodeFrameStart,
  type Frame,
  FRAME_HEADER_BYTES,
  FRAME_START_BYTES,
  frameBytes,
  FrameDecoder,
  type FrameType,
} from "./frame.ts";
export {
  decodeRelayStatement,
  encodeRelayStatement,
  type RelayStatement,
  type StoredEntry,
} from "./relay_receipt.ts";
export { encodeHotResponse, type HotResponse, isHotResponse, MAX_HOT_RESPONSE_BYTES } from "./hot_codec.ts";
export { ALPN_PROTOCOL, limits, PROTOCOL_VERSION } from "./limits.ts";
export { type MlsHeader, readApplicationEpoch, readGroupInfoHeader, readMlsHeader } from "./mls_header.ts";
export {
  deviceMailbox,
  type DeviceRef,
  directMailbox,
  directUsers,
  formatDeviceRef,
  isMailbox,
} from "./names.ts";
export type * from "./operation_types.ts";
export { isAnonymousOperation } from "./operations.ts";
export { fromRemoteError, type RemoteError, toRemoteError } from "./remote_error.ts";
