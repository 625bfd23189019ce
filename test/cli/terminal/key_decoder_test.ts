import assert from "node:assert/strict";
import fc from "fast-check";
import { type Key, KeyDecoder } from "../../../commands/terminal/key_decoder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function decodeAll(text: string): Key[] {
  return new KeyDecoder().decode(bytes(text));
}

Deno.test("KeyDecoder knows the keys of common terminals", () => {
  const expected: [string, Key][] = [
    ["\r", { key: "enter" }],
    ["\x7f", { key: "backspace" }],
    ["\x1b[A", { key: "up" }],
    ["\x1bOA", { key: "up" }],
    ["\x1b[3~", { key: "delete" }],
    ["\x1b[1;5D", { key: "word-left" }],
    ["\x01", { key: "home" }],
    ["\x0b", { key: "delete-to-end" }],
    ["\x15", { key: "delete-to-start" }],
    ["\x17", { key: "delete-word" }],
    ["grüße 日本", { text: "grüße 日本" }],
  ];
  for (const [input, key] of expected) assert.deepEqual(decodeAll(input), [key], JSON.stringify(input));
});

Deno.test("KeyDecoder drops sequences without a meaning and keeps what follows", () => {
  assert.deepEqual(decodeAll("\x1b[15~a\x1b[<0;3;4Mb\x1b[?1;2cc\x1b[I"), [
    { text: "a" },
    { text: "b" },
    { text: "c" },
  ]);
});

Deno.test("KeyDecoder takes escape before a letter as a key of its own", () => {
  assert.deepEqual(decodeAll("\x1bx"), [{ text: "x" }]);
  assert.deepEqual(decodeAll("\x1b\x1b[D"), [{ key: "left" }]);
});

Deno.test("KeyDecoder gives a paste as one text, lines and all", () => {
  assert.deepEqual(decodeAll("\x1b[200~one\r\ntwo\rthree\x1b[201~\r"), [
    { text: "one\ntwo\nthree" },
    { key: "enter" },
  ]);
});

Deno.test("KeyDecoder does not keep a paste that never ends", () => {
  const decoder = new KeyDecoder();
  decoder.decode(bytes("\x1b[200~"));
  for (let i = 0; i < 20; i++) decoder.decode(new Uint8Array(64 * 1024).fill(0x61));
  assert.deepEqual(decoder.decode(bytes("\x15ok")).at(-1), { text: "ok" });
});

Deno.test("KeyDecoder yields the same keys wherever the bytes are cut", () => {
  const piece = fc.constantFrom(
    "a",
    "é",
    "日",
    "👩‍🚀",
    "\r",
    "\x1b[A",
    "\x1b[1;5C",
    "\x1bOF",
    "\x1b[200~p\rq\x1b[201~",
    "\x7f",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(40), (pieces, cut) => {
    const input = bytes(pieces.join(""));
    const decoder = new KeyDecoder();
    const parts = [...decoder.decode(input.slice(0, cut)), ...decoder.decode(input.slice(cut))];
    assert.deepEqual(joinTexts(parts), joinTexts(new KeyDecoder().decode(input)));
  }));
});

Deno.test("KeyDecoder never yields a control character outside a paste", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (input) => {
    for (const key of new KeyDecoder().decode(input)) {
      // deno-lint-ignore no-control-regex
      if ("text" in key) assert.doesNotMatch(key.text, /[\x00-\x09\x0b-\x1f\x7f]/);
    }
  }));
});

function joinTexts(keys: Key[]): Key[] {
  const joined: Key[] = [];
  for (const key of keys) {
    const last = joined.at(-1);
    if ("text" in key && last !== undefined && "text" in last) {
      joined[joined.length - 1] = { text: last.text + key.text };
    } else joined.push(key);
  }
  return joined;
}
