import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeUtf8 } from "../../../lib/bytes/mod.ts";
import { indexOfBytes, mayBecome, startsWith, toLatin1 } from "../../../lib/legacy/core/mod.ts";

// Two letters only, so that one is often found in the other, and often nearly.
const letters = fc.array(fc.constantFrom("a", "b"), { maxLength: 12 }).map((all) => all.join(""));
const literal = letters.filter((text) => text.length > 0);

Deno.test("indexOfBytes() and startsWith() find what a search in text finds", () => {
  fc.assert(fc.property(letters, literal, fc.nat(13), (text, what, from) => {
    const bytes = encodeUtf8(text), sought = encodeUtf8(what);
    assert.equal(indexOfBytes(bytes, sought, from), from > text.length ? -1 : text.indexOf(what, from));
    assert.equal(startsWith(bytes, sought), text.startsWith(what));
    assert.equal(toLatin1(bytes), text);
  }));
});

Deno.test("mayBecome() is true for the beginnings of a literal, unless nothing follows", () => {
  fc.assert(fc.property(letters, literal, (text, what) => {
    const bytes = encodeUtf8(text), whole = encodeUtf8(what);
    assert.equal(mayBecome(bytes, whole, false), text.length < what.length && what.startsWith(text));
    assert.ok(!mayBecome(bytes, whole, true));
  }));
});
