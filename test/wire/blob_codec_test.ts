import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeCbor } from "../../lib/bytes/mod.ts";
import {
  BLOB_RECORD_BYTES,
  decodeRequest,
  decodeResponse,
  encodeBlobRecord,
  encodeRequest,
  encodeResponse,
  isBlobRecordIntact,
} from "../../lib/wire/mod.ts";

const blobs = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Uint8Array(bytes));
const records = fc.oneof(fc.uint8Array({ minLength: 5, maxLength: 300 }), fc.constant(new Uint8Array(70_000)))
  .map((bytes) => new Uint8Array(bytes));
const indexes = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat());

Deno.test("encodeRequest() writes blob-put as the general encoder does", () => {
  fc.assert(fc.property(blobs, indexes, records, (blob, index, record) => {
    const bytes = encodeRequest("blob-put", { blob, index, record });
    assert.deepEqual(bytes, encodeCbor(["blob-put", { blob, index, record }]));
    assert.deepEqual(decodeRequest(bytes), { op: "blob-put", fields: { blob, index, record } });
  }));
});

Deno.test("encodeResponse() writes the answer to blob-get as the general encoder does", () => {
  fc.assert(fc.property(records, (record) => {
    const bytes = encodeResponse("blob-get", { record });
    assert.deepEqual(bytes, encodeCbor({ record }));
    assert.deepEqual(decodeResponse("blob-get", bytes), { record });
  }));
});

Deno.test("decodeRequest() refuses records and blobs of other lengths", () => {
  const blob = new Uint8Array(32);
  const refused = { code: "message-malformed" };
  for (const record of [new Uint8Array(4), new Uint8Array(BLOB_RECORD_BYTES + 1)]) {
    assert.throws(() => decodeRequest(encodeRequest("blob-put", { blob, index: 0, record })), refused);
  }
  const begin = { blob, mailbox: `group:${"0".repeat(32)}`, records: 1, lastRecordBytes: 5 };
  assert.equal(decodeRequest(encodeRequest("blob-begin", begin)).op, "blob-begin");
  const wrong = [{ records: 0 }, { records: 2 ** 32 }, { lastRecordBytes: 4 }, { blob: new Uint8Array(31) }];
  for (const change of wrong) {
    assert.throws(() => decodeRequest(encodeRequest("blob-begin", { ...begin, ...change })), refused);
  }
});

Deno.test("isBlobRecordIntact() notices every changed bit", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), (payload, bit) => {
    const record = encodeBlobRecord(payload.subarray(0, 3), payload.subarray(3));
    assert.equal(isBlobRecordIntact(record), true);
    assert.deepEqual(record.subarray(4), new Uint8Array(payload));
    record[(bit >> 3) % record.length]! ^= 1 << (bit & 7);
    assert.equal(isBlobRecordIntact(record), false);
  }));
  assert.equal(isBlobRecordIntact(new Uint8Array(4)), false);
});
