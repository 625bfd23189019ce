import * as v from "valibot";
import type { BlobOperations } from "./blob_operation_types.ts";
import { BLOB_CHECKSUM_BYTES, BLOB_ID_BYTES, BLOB_RECORD_BYTES } from "./blob_record.ts";
import { bytesSchema, countSchema } from "./entry.ts";
import { mailboxSchema } from "./names.ts";

const blobSchema = bytesSchema(BLOB_ID_BYTES, BLOB_ID_BYTES);
const recordSchema = bytesSchema(BLOB_RECORD_BYTES, BLOB_CHECKSUM_BYTES + 1);
const namedSchema = v.strictObject({ blob: blobSchema });
const nothingSchema = v.strictObject({});

/** How a request about blobs is checked. */
export interface BlobOperationSchema<N extends keyof BlobOperations> {
  /** They all need a client certificate. */
  anonymous: false;
  /** The request's fields. */
  request: v.GenericSchema<unknown, BlobOperations[N]["request"]>;
  /** The answer's fields. */
  response: v.GenericSchema<unknown, BlobOperations[N]["response"]>;
}

/** The requests about blobs, checked field by field; `blob_operation_types.ts` says what they mean. */
export const blobOperations: { [N in keyof BlobOperations]: BlobOperationSchema<N> } = {
  "blob-begin": {
    anonymous: false,
    request: v.strictObject({
      blob: blobSchema,
      mailbox: mailboxSchema,
      records: v.pipe(countSchema, v.minValue(1), v.maxValue(0xffff_ffff)),
      lastRecordBytes: v.pipe(
        countSchema,
        v.minValue(BLOB_CHECKSUM_BYTES + 1),
        v.maxValue(BLOB_RECORD_BYTES),
      ),
    }),
    response: v.strictObject({ stored: countSchema, finished: v.boolean() }),
  },
  "blob-put": {
    anonymous: false,
    request: v.strictObject({ blob: blobSchema, index: countSchema, record: recordSchema }),
    response: v.strictObject({ stored: countSchema }),
  },
  "blob-finish": {
    anonymous: false,
    request: v.strictObject({ blob: blobSchema, seq: v.optional(countSchema) }),
    response: nothingSchema,
  },
  "blob-get": {
    anonymous: false,
    request: v.strictObject({ blob: blobSchema, index: countSchema }),
    response: v.strictObject({ record: recordSchema }),
  },
  "blob-done": { anonymous: false, request: namedSchema, response: nothingSchema },
  "blob-delete": { anonymous: false, request: namedSchema, response: nothingSchema },
};
