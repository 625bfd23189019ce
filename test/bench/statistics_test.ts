import assert from "node:assert/strict";
import fc from "fast-check";
import { judge, mediansOfRounds, percentile, summarize } from "../../lib/bench/mod.ts";

const values = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 40 });

Deno.test("summarize() gives median, least and greatest of samples in any order", () => {
  assert.deepEqual(summarize([5, 1, 3]), { median: 3, low: 1, high: 5, rounds: 3 });
  assert.deepEqual(summarize([4, 2]), { median: 3, low: 2, high: 4, rounds: 2 });
  fc.assert(fc.property(values, (samples) => {
    const { median, low, high, rounds } = summarize(samples);
    assert(low <= median && median <= high && rounds === samples.length);
    assert(samples.includes(low) && samples.includes(high));
  }));
});

Deno.test("percentile() lies between its neighbours and grows with the share", () => {
  assert.equal(percentile([0, 10], 0.25), 2.5);
  assert.equal(percentile([7], 0.99), 7);
  assert.throws(() => percentile([], 0.5), RangeError);
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(values, share, share, (samples, a, b) => {
    const sorted = samples.toSorted((a, b) => a - b);
    assert(percentile(sorted, Math.min(a, b)) <= percentile(sorted, Math.max(a, b)) * (1 + 1e-12));
  }));
});

Deno.test("mediansOfRounds() gives a median for each part and drops what is left over", () => {
  assert.deepEqual(mediansOfRounds([1, 9, 2, 4, 4, 4, 7], 2), [2, 4]);
  assert.deepEqual(mediansOfRounds([3, 1], 5), [3, 1]);
});

Deno.test("judge() says better or worse only where no round of one meets one of the other", () => {
  const before = summarize([10, 11, 12]);
  assert.equal(judge(before, summarize([13, 14, 15]), "higher"), "better");
  assert.equal(judge(before, summarize([13, 14, 15]), "lower"), "worse");
  assert.equal(judge(before, summarize([7, 8, 9]), "higher"), "worse");
  assert.equal(judge(before, summarize([7, 8, 9]), "lower"), "better");
  assert.equal(judge(before, summarize([12, 20, 30]), "higher"), "unclear");
  assert.equal(judge(before, summarize([20, 30]), "higher"), "unclear");
  fc.assert(fc.property(values, (samples) => {
    assert.equal(judge(summarize(samples), summarize(samples), "higher"), "unclear");
  }));
});
