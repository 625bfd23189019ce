import { crc32 } from "node:zlib";

/** The length of the identifiers that clients give to blobs. */
export const BLOB_ID_BYTES = 32;
/** What a record has besides its payload. */
export const BLOB_CHECKSUM_BYTES = 4;
/** The length of every record of a blob but the last, which may be shorter. */
export const BLOB_RECORD_BYTES: number = BLOB_CHECKSUM_BYTES + 16 + 256 * 1024 + 16;

/**
 * Makes a record, the unit in which blobs are sent and stored:
 *
 * ```text
 * CRC-32 of the payload, big-endian (4 bytes) | payload
 * ```
 *
 * The checksum tells the relay of damage on the way and on its disk; whoever changes a record on purpose is
 * caught by the payload's own encryption.
 */
export function encodeBlobRecord(...payload: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = payload.reduce((sum, { length }) => sum + length, BLOB_CHECKSUM_BYTES);
  const record = new Uint8Array(bytes);
  let at = BLOB_CHECKSUM_BYTES;
  for (const part of payload) {
    record.set(part, at);
    at += part.length;
  }
  writeBlobChecksum(record);
  return record;
}

/** Makes a record of bytes that hold its payload in its place: writes the checksum before it. */
export function writeBlobChecksum(record: Uint8Array): void {
  const { buffer, byteOffset } = record;
  new DataView(buffer, byteOffset).setUint32(0, crc32(record.subarray(BLOB_CHECKSUM_BYTES)));
}

/** Whether a record is as it was made. */
export function isBlobRecordIntact(record: Uint8Array): boolean {
  if (record.length <= BLOB_CHECKSUM_BYTES) return false;
  const { buffer, byteOffset } = record;
  return new DataView(buffer, byteOffset).getUint32(0) === crc32(record.subarray(BLOB_CHECKSUM_BYTES));
}
