/**
 * The relay protocol as bytes: frames, messages, limits. Pure codec, no I/O.
 *
 * @module
 */
export {
  decodePush,
  decodeRemoteError,
  decodeRequest,
  decodeResponse,
  encodePush,
  encodeRemoteError,
  encodeRequest,
  encodeResponse,
  type ReceivedRequest,
} from "./codec.ts";
export { type Entry, ENTRY_ID_BYTES } from "./entry.ts";
export { encodeFrame, type Frame, FRAME_HEADER_BYTES, FrameDecoder, type FrameType } from "./frame.ts";
export { ALPN_PROTOCOL, limits, PROTOCOL_VERSION } from "./limits.ts";
export { type MlsHeader, readMlsHeader } from "./mls_header.ts";
export { deviceMailbox, type DeviceRef, directMailbox, directUsers, formatDeviceRef } from "./names.ts";
export type * from "./operation_types.ts";
export { isAnonymousOperation } from "./operations.ts";
export { fromRemoteError, type RemoteError, toRemoteError } from "./remote_error.ts";
