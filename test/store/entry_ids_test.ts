import assert from "node:assert/strict";
import fc from "fast-check";
import { EntryIds } from "../../lib/store/entry_ids.ts";

/** Few senders and ids, so that they meet again and again. */
const sender = fc.integer({ min: 1, max: 3 });
const id = fc.uint8Array({ minLength: 2, maxLength: 2 }).map(([a, b]) => {
  return new Uint8Array(16).fill(a! & 3).fill(b! & 3, 8);
});
const step = fc.oneof(
  { weight: 9, arbitrary: fc.record({ sender, id }) },
  fc.record({ forget: fc.nat({ max: 30 }) }),
);

Deno.test("EntryIds finds what a list finds, whatever is added and forgotten", () => {
  fc.assert(fc.property(fc.nat({ max: 1_000 }), fc.array(step, { maxLength: 300 }), (trimmed, steps) => {
    const ids = new EntryIds(trimmed + 1);
    const list: { seq: number; key: string }[] = [];
    let floor = trimmed + 1, head = trimmed;
    for (const it of steps) {
      if ("forget" in it) {
        floor = Math.min(head + 1, floor + it.forget);
        continue;
      }
      const key = `${it.sender}/${it.id}`;
      const expected = list.find((entry) => entry.seq >= floor && entry.key === key)?.seq;
      assert.equal(ids.find(it.sender, it.id, floor), expected);
      if (expected !== undefined) continue;
      list.push({ seq: ++head, key });
      ids.add(head, it, floor);
      assert.equal(ids.find(it.sender, it.id, floor), head);
    }
  }));
});

Deno.test("EntryIds takes sequence numbers that were left out, and finds nothing there", () => {
  const ids = new EntryIds(1);
  const entry = { sender: 1, id: new Uint8Array(16) };
  ids.add(5_000, entry, 1);
  assert.equal(ids.find(1, entry.id, 1), 5_000);
  assert.equal(ids.find(0, entry.id, 1), undefined);
  assert.equal(ids.find(1, entry.id, 5_001), undefined);
});
