import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeCbor } from "../../lib/bytes/mod.ts";
import { decodeRelayStatement, encodeRelayStatement, limits } from "../../lib/wire/mod.ts";

const entry = fc.record({
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((it) => it.slice()),
  seq: fc.nat(),
  time: fc.nat({ max: 8_640_000_000_000_000 }),
  digest: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((it) => it.slice()),
});

Deno.test("decodeRelayStatement() returns what encodeRelayStatement() was given", () => {
  fc.assert(fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
    const statement = { mailbox: "direct:alice,bob", entries };
    const decoded = decodeRelayStatement(encodeRelayStatement(statement));
    assert.deepEqual(structuredClone(decoded), structuredClone(statement));
  }));
});

Deno.test("decodeRelayStatement() refuses another context, too many entries and whatever else is off", () => {
  const row = [new Uint8Array(16), 1, 2, new Uint8Array(32)];
  const bad = [
    ["parley relay receipt v2", "direct:alice,bob", []],
    ["parley relay receipt v1", "direct:bob,alice", []],
    ["parley relay receipt v1", "direct:alice,bob", [[...row, 5]]],
    ["parley relay receipt v1", "direct:alice,bob", [[new Uint8Array(15), ...row.slice(1)]]],
    ["parley relay receipt v1", "direct:alice,bob", Array(limits.maxReceiptEntries + 1).fill(row)],
    ["parley relay receipt v1", "direct:alice,bob"],
    {},
  ];
  for (const value of bad) {
    assert.throws(() => decodeRelayStatement(encodeCbor(value as never)), { code: "message-malformed" });
  }
});

Deno.test("a statement of as many entries as may be asked for fits the answer", () => {
  const full = {
    id: new Uint8Array(16),
    seq: Number.MAX_SAFE_INTEGER,
    time: 8_640_000_000_000_000,
    digest: new Uint8Array(32),
  };
  const mailbox = `direct:${"a".repeat(32)},${"b".repeat(32)}`;
  const entries = Array(limits.maxReceiptEntries).fill(full);
  assert.ok(encodeRelayStatement({ mailbox, entries }).length <= 256 + limits.maxReceiptEntries * 80);
});
