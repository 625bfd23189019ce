import assert from "node:assert/strict";
import fc from "fast-check";
import { concatBytes, equalBytes, equalBytesConstantTime } from "../../lib/bytes/mod.ts";

Deno.test("equalBytes() and equalBytesConstantTime() say whether two byte strings are the same", () => {
  const some = fc.uint8Array({ maxLength: 3, max: 2 });
  fc.assert(fc.property(some, some, (a, b) => {
    const same = a.toHex() === b.toHex();
    assert.equal(equalBytes(a, b), same);
    assert.equal(equalBytesConstantTime(a, b), same);
    assert(equalBytesConstantTime(a, a.slice()));
  }));
});

Deno.test("concatBytes() joins in order and copies", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array()), (parts) => {
    const joined = concatBytes(...parts);
    assert.equal(joined.toHex(), parts.map((part) => part.toHex()).join(""));
    assert(parts.every((part) => part.buffer !== joined.buffer));
  }));
});
