import assert from "node:assert/strict";
import fc from "fast-check";
import { type CborValue, concatBytes, decodeCbor, encodeCbor } from "../../lib/bytes/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import {
  BLOB_RECORD_BYTES,
  decodeRequest,
  decodeResponse,
  encodeBlobRecord,
  encodeFrame,
  encodeRequest,
  encodeSplitRequest,
  encodeSplitResponse,
  isBlobRecordIntact,
  type SplitBody,
} from "../../lib/wire/mod.ts";

const blobs = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Uint8Array(bytes));
const records = fc.oneof(fc.uint8Array({ minLength: 5, maxLength: 300 }), fc.constant(new Uint8Array(70_000)))
  .map((bytes) => new Uint8Array(bytes));
const join = ({ body, tail = new Uint8Array() }: SplitBody) => concatBytes(body, tail);
const indexes = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat());

Deno.test("encodeSplitRequest() writes blob-put as the general encoder does", () => {
  fc.assert(fc.property(blobs, indexes, records, (blob, index, record) => {
    const bytes = join(encodeSplitRequest("blob-put", { blob, index, record }));
    assert.deepEqual(bytes, encodeCbor(["blob-put", { blob, index, record }]));
    assert.deepEqual(decodeRequest(bytes), { op: "blob-put", fields: { blob, index, record } });
  }));
});

Deno.test("encodeSplitResponse() writes the answer to blob-get as the general encoder does", () => {
  fc.assert(fc.property(records, (record) => {
    const bytes = join(encodeSplitResponse("blob-get", { record }));
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

Deno.test("decodeRequest() and decodeResponse() take of records what the general decoder takes", () => {
  const fields = { blob: new Uint8Array(32).fill(1), index: 7, record: new Uint8Array(40).fill(2) };
  const put = join(encodeSplitRequest("blob-put", fields));
  const gotten = join(encodeSplitResponse("blob-get", { record: fields.record }));
  fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
    for (const [bytes, decode] of [[put, decodeRequest], [gotten, decodeGotten]] as const) {
      const changed = cut ? bytes.slice(0, at % bytes.length) : bytes.slice();
      if (!cut) changed[at % bytes.length]! ^= flip;
      const general = attempt(() => decode(encodeCbor(reorder(decodeCbor(changed)) as CborValue)));
      const hot = attempt(() => decode(changed));
      if (general === undefined) assert.equal(hot, undefined);
      else assert.deepEqual(hot, general);
    }
  }));
});

/** The quick decoder takes the fields in one order only. */
function reorder(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const [op, fields] = value;
  return [op, Object.fromEntries(Object.entries(fields).reverse())];
}

function decodeGotten(bytes: Uint8Array) {
  return decodeResponse("blob-get", bytes);
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    assert(error instanceof ParleyError);
    return undefined;
  }
}

Deno.test("decodeResponse() refuses records of other lengths", () => {
  for (const bytes of [4, BLOB_RECORD_BYTES + 1]) {
    const answer = join(encodeSplitResponse("blob-get", { record: new Uint8Array(bytes) }));
    assert.throws(() => decodeResponse("blob-get", answer), { code: "message-malformed" });
  }
});

Deno.test("encodeFrame() puts the tail behind the body", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (body, tail) => {
    const split = encodeFrame({ type: "request", requestId: 3, body, tail });
    assert.deepEqual(split, encodeFrame({ type: "request", requestId: 3, body: concatBytes(body, tail) }));
  }));
});
