import assert from "node:assert/strict";
import * as v from "valibot";
import { formatPythonJson, messageParser, strictMessageParser } from "../../../lib/legacy/core/mod.ts";

const parse = messageParser({ hello: { to: v.string() }, bye: {} });

Deno.test("messageParser() tells messages by their type, which may be unknown", () => {
  assert.deepEqual(parse('{"type":"hello","to":"bob","more":1}'), { type: "hello", to: "bob" });
  assert.deepEqual(parse('{"type":"bye"}'), { type: "bye" });
  for (const type of ["dance", "constructor", "__proto__", "toString"]) {
    assert.deepEqual(parse(JSON.stringify({ type })), { type: "unknown" });
  }
});

Deno.test("messageParser() refuses what is no message and what lacks its members", () => {
  for (const json of ["", "null", "[]", "7", '"hello"', "{}", '{"type":1}', '{"type":"hello","to":1}']) {
    assert.throws(() => parse(json), { code: "message-malformed" }, json);
  }
});

Deno.test("formatPythonJson() writes what json.dumps writes of texts, floats, lists and objects", () => {
  const value = { a: ["é\u2028", 1.5], "b\n": { c: 1e21 }, d: {}, e: [] };
  assert.equal(
    formatPythonJson(value),
    '{"a": ["\\u00e9\\u2028", 1.5], "b\\n": {"c": 1e+21}, "d": {}, "e": []}',
  );
});

Deno.test("strictMessageParser() tells messages by another member and refuses unknown ones", () => {
  const parseStrictly = strictMessageParser({ "HELLO ALL": { to: v.optional(v.string()) } }, "kind");
  assert.deepEqual(parseStrictly('{"kind":"HELLO ALL","type":"x"}'), { kind: "HELLO ALL" });
  for (const json of ['{"kind":"BYE"}', '{"type":"HELLO ALL"}', '{"kind":"HELLO ALL","to":1}', "[]"]) {
    assert.throws(() => parseStrictly(json), { code: "message-malformed" }, json);
  }
});
