import assert from "node:assert/strict";
import { encodeUtf8 } from "../../../lib/bytes/mod.ts";
import {
  exactCutter,
  literalCutter,
  literalForm,
  mapCutter,
  splitBySize,
} from "../../../lib/legacy/core/mod.ts";

const cut = literalCutter<string>(
  [
    literalForm(encodeUtf8("YES"), "yes"),
    [encodeUtf8("N:"), mapCutter(exactCutter(4), (bytes) => new TextDecoder().decode(bytes))],
  ],
  (bytes) => ({ message: "rest", size: bytes.length }),
);

Deno.test("literalCutter() tells messages by what they begin with, and waits for what may become one", () => {
  assert.deepEqual(cut(encodeUtf8("YESYES"), false), { message: "yes", size: 3 });
  assert.deepEqual(cut(encodeUtf8("N:abc"), false), { message: "N:ab", size: 4 });
  assert.equal(cut(encodeUtf8("N:a"), false), undefined);
  assert.equal(cut(encodeUtf8("YE"), false), undefined);
  assert.deepEqual(cut(encodeUtf8("YE"), true), { message: "rest", size: 2 });
  assert.deepEqual(cut(encodeUtf8("no"), false), { message: "rest", size: 2 });
});

Deno.test("splitBySize() puts as much as fits in front, and one in any case", () => {
  assert.deepEqual(splitBySize(["ab", "cd", "ef"], 4), [["ab", "cd"], ["ef"]]);
  assert.deepEqual(splitBySize(["abcde", "f"], 4), [["abcde"], ["f"]]);
  assert.deepEqual(splitBySize(["ab"], 4), [["ab"], []]);
});
