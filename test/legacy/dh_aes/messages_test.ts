import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatMessage,
  formatPending,
  parseClientMessage,
  parseServerMessage,
  parseUserName,
} from "../../../lib/legacy/dh_aes/messages.ts";

Deno.test("parseServerMessage() gives back what formatMessage() wrote, which is ASCII", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), fc.double({ noNaN: true, min: 0, max: 4e9 }), (
      from,
      content,
      timestamp,
    ) => {
      const message = { type: "new_message", from, content, timestamp: timestamp || 0 } as const;
      const text = formatMessage(message);
      assert.match(text, /^[\x20-\x7e]*$/);
      assert.deepEqual(parseServerMessage(text), message);
      const { type: _type, ...member } = message;
      assert.deepEqual(parseServerMessage(formatPending([text, text])), {
        type: "pending_messages",
        messages: [member, member],
      });
    }),
  );
});

Deno.test("formatMessage() writes a whole second as a float", () => {
  const text = formatMessage({ type: "new_message", from: "a", content: "b", timestamp: 1700000000 });
  assert.equal(text, '{"type": "new_message", "from": "a", "content": "b", "timestamp": 1700000000.0}');
});

Deno.test("parseClientMessage() gives unknown for types that nobody knows", () => {
  assert.deepEqual(parseClientMessage('{"type":"dance","to":1}'), { type: "unknown" });
  assert.deepEqual(parseServerMessage('{"type":"dance"}'), { type: "unknown" });
});

Deno.test("parseClientMessage() refuses what is malformed", () => {
  const name = "x".repeat(129);
  const malformed = [
    "",
    "null",
    "[]",
    "{}",
    "{",
    '{"type":1}',
    '{"type":"send_message"}',
    '{"type":"send_message","to":"bob"}',
    '{"type":"send_message","to":"bob","content":5}',
    '{"type":"send_message","to":"","content":"x"}',
    `{"type":"send_message","to":"${name}","content":"x"}`,
  ];
  for (const json of malformed) {
    assert.throws(() => parseClientMessage(json), { code: "message-malformed" }, json);
  }
});

Deno.test("parseUserName() refuses empty and long names and control characters", () => {
  for (const name of ["", "é".repeat(65), "a\nb", "a\u001b[2J", "a\u0000"]) {
    assert.throws(() => parseUserName(name), { code: "user-name-malformed" });
  }
  assert.equal(parseUserName("Zoë 'the' quick"), "Zoë 'the' quick");
});
