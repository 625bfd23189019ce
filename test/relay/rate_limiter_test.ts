import assert from "node:assert/strict";
import { RateLimiter } from "../../lib/relay/rate_limiter.ts";

Deno.test("RateLimiter allows a burst, then the rate, for each key alone", () => {
  let now = 0;
  const limiter = new RateLimiter({ perSecond: 2, burst: 3 }, () => now);
  const takes = (count: number, key = "a") => Array.from({ length: count }, () => limiter.take(key));
  assert.deepEqual(takes(4), [true, true, true, false]);
  assert.deepEqual(takes(1, "b"), [true]);
  now += 499;
  assert.deepEqual(takes(1), [false]);
  now += 1;
  assert.deepEqual(takes(2), [true, false]);
  now += 60_000;
  assert.deepEqual(takes(4), [true, true, true, false]);
});

Deno.test("RateLimiter remembers who has used up its burst among any number of others", () => {
  let now = 0;
  const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, () => now);
  for (let i = 0; i < 9_999; i++) assert.ok(limiter.take(`rested ${i}`));
  now += 1_000;
  assert.ok(limiter.take("greedy"));
  assert.ok(limiter.take("one more"));
  assert.ok(!limiter.take("greedy"));
});

Deno.test("RateLimiter exceeds a large burst by a thousandth at most, for it does not read the clock each time", () => {
  let now = 0, readings = 0;
  const limiter = new RateLimiter({ perSecond: 1_000, burst: 10_000 }, () => {
    readings++;
    return now;
  });
  for (let i = 0; i < 5_000; i++) assert.ok(limiter.take("a"));
  now += 3_600_000;
  let taken = 0;
  while (limiter.take("a")) taken++;
  assert.ok(taken >= 10_000 && taken <= 10_010, `${taken}`);
  assert.ok(readings < 2_000, `${readings}`);
});
