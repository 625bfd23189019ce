import assert from "node:assert/strict";
import fc from "fast-check";
import { LongFrameBuffers } from "../../lib/transport/long_frame_buffers.ts";

Deno.test("LongFrameBuffers gives no buffer to two at once and none that is too small", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat({ max: 400_000 }), fc.boolean())), (steps) => {
    const pool = new LongFrameBuffers();
    const used = new Map<ArrayBuffer, Uint8Array<ArrayBuffer>>();
    for (const [size, gives] of steps) {
      const buffer = pool.take(size);
      assert(buffer.length >= size && !used.has(buffer.buffer));
      used.set(buffer.buffer, buffer);
      const [oldest] = used.values();
      if (!gives || oldest === undefined) continue;
      used.delete(oldest.buffer);
      // As a frame's body is, a view of a part.
      pool.give(oldest.subarray(Math.min(9, oldest.length)));
    }
  }));
});

Deno.test("LongFrameBuffers uses the buffer of a record's frame again, and keeps a bounded number", () => {
  const pool = new LongFrameBuffers();
  const bytes = 256 * 1024;
  const given = Array.from({ length: 30 }, () => pool.take(bytes));
  const [first] = given;
  pool.give(first!.subarray(9));
  assert.equal(pool.take(bytes).buffer, first!.buffer);
  for (const buffer of given) pool.give(buffer);
  const known = new Set(given.map(({ buffer }) => buffer));
  const again = Array.from({ length: 30 }, () => pool.take(bytes)).filter(({ buffer }) => known.has(buffer));
  assert.equal(again.length, 24);
});
