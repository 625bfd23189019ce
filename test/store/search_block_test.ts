import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeSearchBlock, findInSearchBlock } from "../../lib/store/search_block.ts";

Deno.test("findInSearchBlock() finds the lines that hold a text, and none across two lines", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "é", "😀"), maxLength: 5 });
  const wanted = fc.string({ unit: fc.constantFrom("a", "b", "é", "😀"), maxLength: 3 });
  const texts = fc.array(text, { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(fc.integer(), texts, wanted, (first, texts, wanted) => {
    const lines = texts.map((text, i) => ({ position: first + i * 3, text }));
    const expected = lines.filter(({ text }) => text.includes(wanted)).map(({ position }) => position);
    assert.deepEqual(findInSearchBlock(first, encodeSearchBlock(first, lines), wanted), expected);
  }));
});
