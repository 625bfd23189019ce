import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeCbor, encodeCbor } from "../../lib/bytes/mod.ts";
import { decodeHotRequest, encodeHotResponse, MAX_HOT_RESPONSE_BYTES } from "../../lib/wire/hot_codec.ts";
import { encodeRequest } from "../../lib/wire/mod.ts";
import { operations } from "../../lib/wire/operations.ts";
import * as v from "valibot";
import { almost } from "../support/hostile_bytes.ts";
import { messages } from "./messages.ts";

const hot = ["append", "ack"] as const;
const requests = fc.oneof(
  ...hot.map((op) => messages[op].request.map((fields) => encodeRequest(op, fields))),
);

/** What the general decoder makes of a request. */
function decodeByRule(body: Uint8Array): unknown {
  const [op, fields] = decodeCbor(body) as [keyof typeof operations, unknown];
  return { op, fields: v.parse(operations[op].request as v.GenericSchema, fields) };
}

Deno.test("decodeHotRequest() reads append and ack as the general decoder does", () => {
  let taken = 0;
  fc.assert(fc.property(requests, (body) => {
    const decoded = decodeHotRequest(body);
    if (decoded === undefined) return;
    taken++;
    assert.deepEqual(structuredClone(decoded), structuredClone(decodeByRule(body)));
  }));
  assert(taken > 40, `${taken} were taken`);
});

Deno.test("decodeHotRequest() takes nothing that the general decoder refuses or reads otherwise", () => {
  fc.assert(
    fc.property(fc.oneof(almost(requests), flipped(requests)), (body) => {
      const decoded = decodeHotRequest(body);
      if (decoded === undefined) return;
      assert.deepEqual(structuredClone(decoded), structuredClone(decodeByRule(body)));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("decodeHotRequest() takes every length of message up to the limit and none beyond", () => {
  const mailbox = `group:${"0".repeat(32)}`, id = new Uint8Array(16);
  const read = (size: number) =>
    decodeHotRequest(encodeRequest("append", { mailbox, id, message: new Uint8Array(size) }));
  for (const size of [1, 23, 24, 255, 256, 65_535, 65_536]) assert.equal(read(size)?.op, "append", `${size}`);
  for (const size of [0, 65_537]) assert.equal(read(size), undefined, `${size}`);
});

Deno.test("encodeHotResponse() writes what the general encoder writes, in its place", () => {
  const write = (op: "append" | "commit" | "ack", fields: { seq: number; time: number }) => {
    const bytes = new Uint8Array(5 + MAX_HOT_RESPONSE_BYTES);
    return bytes.subarray(5, encodeHotResponse(bytes, 5, op, fields));
  };
  fc.assert(fc.property(messages.append.response, (place) => {
    const { seq, time } = place;
    assert.deepEqual(write("append", place), encodeCbor({ seq, time }));
    assert.deepEqual(write("commit", place), encodeCbor({ seq, time }));
    assert.deepEqual(write("ack", place), encodeCbor({}));
  }));
});

/** One byte of it another. */
function flipped(bodies: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(bodies, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([body, at, byte]) => {
    const copy = body.slice();
    copy[at % Math.min(copy.length, 100)] = byte;
    return copy;
  });
}
