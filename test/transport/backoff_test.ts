import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffDelays } from "../../lib/transport/mod.ts";

Deno.test("backoffDelays() doubles up to the maximum and stays there", () => {
  const delays = backoffDelays({ firstMs: 100, maxMs: 1_000, random: () => 1 });
  assert.deepEqual(Array.from({ length: 6 }, () => delays.next().value), [100, 200, 400, 800, 1_000, 1_000]);
});

Deno.test("backoffDelays() keeps every delay between half of its bound and the bound", () => {
  const settings = fc.record({
    firstMs: fc.integer({ min: 1, max: 10_000 }),
    maxMs: fc.integer({ min: 1, max: 100_000 }),
    draws: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 }),
  });
  fc.assert(fc.property(settings, ({ firstMs, maxMs, draws }) => {
    const delays = backoffDelays({ firstMs, maxMs, random: () => draws[0]! });
    draws.forEach((_, i) => {
      const bound = Math.min(firstMs * 2 ** i, maxMs);
      const delay = delays.next().value;
      assert(delay >= bound / 2 && delay <= bound);
    });
  }));
});
