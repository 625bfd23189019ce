import assert from "node:assert/strict";
import fc from "fast-check";
import vectors from "../../vectors/safety_number/vectors.json" with { type: "json" };
import { deriveSafetyNumber, formatSafetyNumber } from "../../../lib/client/people/safety_number.ts";

function party({ user, keys }: { user: string; keys: string[] }) {
  return { user, keys: keys.map((key) => Uint8Array.fromHex(key)) };
}

Deno.test("deriveSafetyNumber() gives what an independent implementation gives, on both sides", () => {
  let cases = 0;
  for (const { comment, sides: [one, other], safetyNumber } of vectors) {
    assert.equal(deriveSafetyNumber(party(one!), party(other!)), safetyNumber, comment);
    assert.equal(deriveSafetyNumber(party(other!), party(one!)), safetyNumber, comment);
    assert.match(safetyNumber, /^[0-9]{60}$/);
    cases++;
  }
  assert.equal(cases, 9);
});

Deno.test("deriveSafetyNumber() depends on keys and users and not on the order of devices", () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 4, selector: (one) => one.toHex() });
  fc.assert(
    fc.property(keys, key, fc.infiniteStream(fc.nat({ max: 3 })), (mine, theirs, order) => {
      const other = { user: "bob", keys: [theirs] };
      const number = deriveSafetyNumber({ user: "alice", keys: mine }, other);
      const shuffled = mine.toSorted(() => (order.next().value ?? 0) - 1.5);
      assert.equal(deriveSafetyNumber({ user: "alice", keys: shuffled }, other), number);
      const changed = mine.with(0, mine[0]!.map((byte, at) => at === 31 ? byte ^ 1 : byte));
      if (!mine.some((one) => one.toHex() === changed[0]!.toHex())) {
        assert.notEqual(deriveSafetyNumber({ user: "alice", keys: changed }, other), number);
      }
      assert.notEqual(deriveSafetyNumber({ user: "alicf", keys: mine }, other), number);
    }),
    { numRuns: 4 },
  );
});

Deno.test("deriveSafetyNumber() refuses a side without a device", () => {
  const alice = { user: "alice", keys: [new Uint8Array(32)] };
  assert.throws(() => deriveSafetyNumber(alice, { user: "bob", keys: [] }), { code: "no-device-key" });
});

Deno.test("formatSafetyNumber() gives three lines of four groups", () => {
  const digits = "0123456789".repeat(6);
  const text = formatSafetyNumber(digits);
  assert.deepEqual(text.split("\n").map((line) => line.split(" ").length), [4, 4, 4]);
  assert.equal(text.replace(/\s/g, ""), digits);
});
