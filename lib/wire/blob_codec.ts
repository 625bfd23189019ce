import type { BlobOperations } from "./blob_operation_types.ts";
import { BLOB_ID_BYTES } from "./blob_record.ts";
import { ARRAY, BYTES, headBytes, MAP, shortText, writeFew, writeHead } from "./hot_cbor.ts";

const PUT = Uint8Array.of(
  ...[ARRAY | 2, ...shortText("blob-put"), MAP | 3, ...shortText("blob"), BYTES | 24, BLOB_ID_BYTES],
);
const INDEX = Uint8Array.of(...shortText("index"));
const RECORD = Uint8Array.of(...shortText("record"));
const GOTTEN = Uint8Array.of(MAP | 1, ...shortText("record"));

/**
 * Encodes a request `blob-put`; the same bytes as the general encoder's for fields in the order of their type. Its
 * record is copied once instead of three times.
 */
export function encodeBlobPut({ blob, index, record }: BlobOperations["blob-put"]["request"]): Uint8Array {
  const heads = PUT.length + blob.length + INDEX.length + headBytes(index) + RECORD.length;
  const bytes = new Uint8Array(heads + headBytes(record.length) + record.length);
  let at = writeFew(bytes, 0, PUT);
  at = writeFew(bytes, at, blob);
  at = writeFew(bytes, at, INDEX);
  at = writeHead(bytes, at, 0, index);
  at = writeFew(bytes, at, RECORD);
  bytes.set(record, writeHead(bytes, at, BYTES, record.length));
  return bytes;
}

/** Encodes the answer to `blob-get`; the same bytes as the general encoder's. */
export function encodeBlobGetAnswer({ record }: BlobOperations["blob-get"]["response"]): Uint8Array {
  const bytes = new Uint8Array(GOTTEN.length + headBytes(record.length) + record.length);
  const at = writeFew(bytes, 0, GOTTEN);
  bytes.set(record, writeHead(bytes, at, BYTES, record.length));
  return bytes;
}
