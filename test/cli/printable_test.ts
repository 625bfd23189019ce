import assert from "node:assert/strict";
import fc from "fast-check";
import { formatJsonLine } from "../../commands/json_line.ts";
import { printable } from "../../commands/printable.ts";

Deno.test("printable() makes everything visible that could control a terminal or deceive its reader", () => {
  const cases: [string, string][] = [
    ["\x1b]0;title\x07", "␛]0;title␇"],
    ["\x9b2J", "<U+009B>2J"],
    ["a\rb\x00\x7f", "a␍b␀␡"],
    ["invoice\u202egpj.exe", "invoice<U+202E>gpj.exe"],
    ["zero\u200bwidth\ufeff", "zero<U+200B>width<U+FEFF>"],
    ["one\u2028two\u2029", "one<U+2028>two<U+2029>"],
    ["\u{e0041}\u{10ffff}", "<U+E0041><U+10FFFF>"],
    ["lone \ud83d surrogate", "lone \ufffd surrogate"],
    ["two\nlines\tand tab", "two␊lines␉and tab"],
  ];
  for (const [text, shown] of cases) assert.equal(printable(text), shown);
  assert.equal(printable("two\nlines\tand tab\r", { multiline: true }), "two\nlines\tand tab␍");
});

Deno.test("printable() leaves letters, accents and emoji as they are", () => {
  for (const text of ["Grüße, Ελλάδα, 日本語, עברית", "e\u0301", "👩🏽‍🚀 👨‍👩‍👧 ❤️‍🔥 🏳️‍🌈", "£ ∑ –"]) {
    assert.equal(printable(text), text);
  }
  assert.equal(printable("a\u200db"), "a<U+200D>b");
});

const anyText = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0x10ffff }).map((n) => String.fromCodePoint(n)),
    fc.constantFrom("\x1b", "\x9b", "\u202e", "\u200d", "👩", "\n"),
  ),
});

Deno.test("printable() never yields a control or format character but the joiner of an emoji", () => {
  fc.assert(fc.property(anyText, (text) => {
    assert.doesNotMatch(
      printable(text).replace(
        /(?<=\p{Extended_Pictographic}.{0,2})\u200d(?=\p{Extended_Pictographic})/gu,
        "",
      ),
      /[\p{C}\p{Zl}\p{Zp}]/u,
    );
    assert.doesNotMatch(
      printable(text, { multiline: true }).replace(/[\n\t\u200d]/g, ""),
      /[\p{C}\p{Zl}\p{Zp}]/u,
    );
  }));
});

Deno.test("printable() takes time in proportion to the text", () => {
  const start = performance.now();
  printable("\u200d".repeat(200_000) + "👩\u200d".repeat(50_000));
  assert(performance.now() - start < 2000);
});

Deno.test("formatJsonLine() yields one line of printable ASCII controls' escapes with the same value", () => {
  fc.assert(fc.property(anyText, (text) => {
    const line = formatJsonLine({ text });
    assert.doesNotMatch(line.slice(0, -1), /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.equal(JSON.parse(line).text, text);
  }));
});
