import assert from "node:assert/strict";
import fc from "fast-check";
import { textWidth } from "../../../commands/terminal/text_width.ts";
import { wrapText } from "../../../commands/terminal/wrap_text.ts";

Deno.test("wrapText() breaks between words and keeps white space within a row", () => {
  const cases: [string, number, number, string[]][] = [
    ["", 10, 5, [""]],
    ["one two three", 20, 20, ["one two three"]],
    ["one two three", 9, 9, ["one two", "three"]],
    ["one two three", 9, 4, ["one", "two three"]],
    ["one two", 9, 2, ["one", "two"]],
    ["  a  b", 6, 6, ["  a  b"]],
    ["日本 語", 5, 5, ["日本", "語"]],
    ["see https://example.org/a/long/one here", 10, 10, ["see", "https://example.org/a/long/one", "here"]],
  ];
  for (const [text, columns, first, rows] of cases) {
    assert.deepEqual(wrapText(text, columns, first), rows, text);
  }
});

Deno.test("wrapText() loses no word, and no row that is too wide has more than one", () => {
  const words = fc.array(
    fc.constantFrom("a", "word", "日本語", " ", "   ", "\u00a0", "0123456789012345678901234"),
  );
  fc.assert(fc.property(words, fc.nat(20), (parts, first) => {
    const rows = wrapText(parts.join(""), 20, first);
    assert.equal(rows.join("").replace(/\s/g, ""), parts.join("").replace(/\s/g, ""));
    for (const [at, row] of rows.entries()) {
      assert(textWidth(row) <= (at === 0 ? first : 20) || !/\s/.test(row), JSON.stringify(rows));
    }
  }));
});
