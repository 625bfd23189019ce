import assert from "node:assert/strict";
import fc from "fast-check";
import { BufferPool } from "../../lib/transport/buffer_pool.ts";

Deno.test("BufferPool gives no buffer to two at once and none that is too small", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat({ max: 300_000 }), fc.boolean())), (steps) => {
    const pool = new BufferPool();
    const used = new Set<Uint8Array<ArrayBuffer>>();
    for (const [size, gives] of steps) {
      const buffer = pool.take(size);
      assert(buffer.length >= size && !used.has(buffer));
      used.add(buffer);
      const [oldest] = used;
      if (gives && oldest !== undefined) {
        used.delete(oldest);
        pool.give(oldest);
      }
    }
  }));
});

Deno.test("BufferPool uses a buffer again, and keeps neither odd sizes nor too many", () => {
  const pool = new BufferPool();
  const first = pool.take(3_000);
  assert.equal(first.length, 4_096);
  pool.give(first);
  assert.equal(pool.take(2_049), first);
  const odd = new Uint8Array(3_000);
  pool.give(odd);
  assert.notEqual(pool.take(3_000), odd);
  const many = Array.from({ length: 100 }, () => pool.take(128 * 1024));
  many.forEach((buffer) => pool.give(buffer));
  const again = new Set(many.map(() => pool.take(128 * 1024)));
  assert.equal(many.filter((buffer) => again.has(buffer)).length, 16);
});
