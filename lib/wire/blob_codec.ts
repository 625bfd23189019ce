import type { BlobOperations } from "./blob_operation_types.ts";
import { BLOB_CHECKSUM_BYTES, BLOB_ID_BYTES, BLOB_RECORD_BYTES } from "./blob_record.ts";
import { ARRAY, BYTES, headBytes, HotCursor, MAP, shortText, writeFew, writeHead } from "./hot_cbor.ts";

/** A body in two parts, of which the second, a record, stands where it stood and was not copied. */
export interface SplitBody {
  /** The beginning. */
  body: Uint8Array;
  /** The rest, if there is any. */
  tail?: Uint8Array;
}

type Put = BlobOperations["blob-put"]["request"];
type Gotten = BlobOperations["blob-get"]["response"];

const PUT = Uint8Array.of(
  ...[ARRAY | 2, ...shortText("blob-put"), MAP | 3, ...shortText("blob"), BYTES | 24, BLOB_ID_BYTES],
);
const INDEX = Uint8Array.of(...shortText("index"));
const RECORD = Uint8Array.of(...shortText("record"));
const GOTTEN = Uint8Array.of(MAP | 1, ...RECORD);

/** Encodes a request `blob-put`; the same bytes as the general encoder's for fields in the order of their type. */
export function encodeBlobPut({ blob, index, record }: Put): SplitBody {
  const body = new Uint8Array(
    PUT.length + blob.length + INDEX.length + headBytes(index) + RECORD.length + headBytes(record.length),
  );
  let at = writeFew(body, 0, PUT);
  at = writeFew(body, at, blob);
  at = writeFew(body, at, INDEX);
  at = writeHead(body, at, 0, index);
  at = writeFew(body, at, RECORD);
  writeHead(body, at, BYTES, record.length);
  return { body, tail: record };
}

/** Encodes the answer to `blob-get`; the same bytes as the general encoder's. */
export function encodeBlobGetAnswer({ record }: Gotten): SplitBody {
  const body = new Uint8Array(GOTTEN.length + headBytes(record.length));
  writeHead(body, writeFew(body, 0, GOTTEN), BYTES, record.length);
  return { body, tail: record };
}

/**
 * Decodes a `blob-put` in the very form in which {@link encodeBlobPut} writes it; the record is a view. Gives
 * undefined for everything else, right or wrong. What this one takes, the general decoder takes too, and as the same.
 */
export function decodeBlobPut(bytes: Uint8Array): Put | undefined {
  const at = new HotCursor(bytes);
  if (!at.skip(PUT)) return undefined;
  const blob = at.bytes(BLOB_ID_BYTES);
  if (blob === undefined || !at.skip(INDEX)) return undefined;
  const index = at.head(0);
  if (index === undefined || !at.skip(RECORD)) return undefined;
  const record = lastRecord(at);
  return record && { blob, index, record };
}

/** Decodes the answer to a `blob-get` in the form in which {@link encodeBlobGetAnswer} writes it; the record is a view. */
export function decodeBlobGetAnswer(bytes: Uint8Array): Gotten | undefined {
  const at = new HotCursor(bytes);
  const record = at.skip(GOTTEN) ? lastRecord(at) : undefined;
  return record && { record };
}

/** A record that ends the bytes. */
function lastRecord(at: HotCursor): Uint8Array<ArrayBuffer> | undefined {
  const length = at.head(BYTES);
  if (length === undefined || length <= BLOB_CHECKSUM_BYTES || length > BLOB_RECORD_BYTES) return undefined;
  const record = at.bytes(length);
  return at.ended ? record : undefined;
}
