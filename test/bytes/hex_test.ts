import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import { DecodeError } from "../../lib/errors/mod.ts";

Deno.test("encodeHex() and decodeHex() round-trip, in either case", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    assert.deepEqual(decodeHex(encodeHex(bytes)), bytes.slice());
    assert.deepEqual(decodeHex(encodeHex(bytes).toUpperCase()), bytes.slice());
  }));
});

Deno.test("decodeHex() refuses an odd length and what is no digit", () => {
  for (const text of ["0", "0g", " 00", "00 ", "0x00", "０0"]) {
    assert.throws(() => decodeHex(text), DecodeError, text);
  }
});
