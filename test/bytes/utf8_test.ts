import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeUtf8, encodeUtf8 } from "../../lib/bytes/mod.ts";
import { decodeOrRefuse } from "../support/hostile_bytes.ts";

Deno.test("encodeUtf8() and decodeUtf8() round-trip, a byte order mark too", () => {
  const text = fc.string({ unit: "binary", maxLength: 50 });
  fc.assert(fc.property(text, (it) => assert.equal(decodeUtf8(encodeUtf8(it)), it)), { numRuns: 50 });
  assert.equal(decodeUtf8(encodeUtf8("\ufeffx")), "\ufeffx");
});

Deno.test("decodeUtf8() accepts nothing that encodes to other bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
    const decoded = decodeOrRefuse(() => decodeUtf8(bytes));
    if (decoded !== undefined) assert.deepEqual(encodeUtf8(decoded), bytes.slice());
  }));
  for (const hex of ["ff", "c080", "eda080", "f4908080", "e282"]) {
    assert.throws(() => decodeUtf8(Uint8Array.fromHex(hex)), { code: "utf8-malformed" }, hex);
  }
});
