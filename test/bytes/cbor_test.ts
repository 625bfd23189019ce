import assert from "node:assert/strict";
import fc from "fast-check";
import { type CborValue, concatBytes, decodeCbor, encodeCbor } from "../../lib/bytes/mod.ts";
import { InternalError } from "../../lib/errors/mod.ts";
import { replayCorpus } from "../support/corpus.ts";
import { almost, decodeOrRefuse } from "../support/hostile_bytes.ts";

const integer = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
  fc.maxSafeNat(),
  fc.constantFrom(
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    2 ** 32 - 1,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
    -(2 ** 31),
  ),
);
const fraction = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((it) => !Number.isInteger(it));
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ minLength: 250, maxLength: 300 }),
);
const bytes = fc.uint8Array({ maxLength: 300 }).map((it) => it.slice());
/** JavaScript would move keys that look like array indices to the front. */
const key = fc.string({ maxLength: 10 }).filter((it) => !/^\d+$/.test(it) && it !== "__proto__");

const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    fc.oneof(fc.constant(null), fc.boolean(), integer, fraction, text, bytes),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

Deno.test("encodeCbor() and decodeCbor() round-trip every value of the profile, to the same bytes", () => {
  fc.assert(
    fc.property(value, (it) => {
      const encoded = encodeCbor(it);
      const decoded = decodeCbor(encoded);
      assert.deepEqual(decoded, structuredClone(it));
      assert.deepEqual(encodeCbor(decoded as CborValue), encoded);
    }),
    { numRuns: 300 },
  );
});

Deno.test("decodeCbor() refuses damaged bytes with a typed error, or accepts canonical ones only", () => {
  fc.assert(
    fc.property(fc.oneof(almost(value.map(encodeCbor)), fc.uint8Array()), (input) => {
      const decoded = decodeOrRefuse(() => decodeCbor(input));
      if (decoded === undefined || JSON.stringify(decoded)?.match(/"\d+":/)) return;
      assert.deepEqual(encodeCbor(decoded as CborValue), input.slice());
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("decodeCbor() refuses every prefix and every extension of an item", () => {
  fc.assert(
    fc.property(value.map(encodeCbor), (encoded) => {
      for (let length = 0; length < encoded.length; length++) {
        assert.throws(() => decodeCbor(encoded.subarray(0, length)), { kind: "decode" });
      }
      assert.throws(() => decodeCbor(concatBytes(encoded, new Uint8Array(1))), { code: "trailing-bytes" });
    }),
    { numRuns: 30 },
  );
});

Deno.test("encodeCbor() writes the examples of RFC 8949 appendix A that are in the profile", () => {
  const examples: [CborValue, string][] = [
    [0, "00"],
    [23, "17"],
    [24, "1818"],
    [1_000_000_000_000, "1b000000e8d4a51000"],
    [-1, "20"],
    [-1000, "3903e7"],
    [1.1, "fb3ff199999999999a"],
    [false, "f4"],
    [true, "f5"],
    [null, "f6"],
    [new Uint8Array([1, 2, 3, 4]), "4401020304"],
    ["", "60"],
    ["IETF", "6449455446"],
    ["\u6c34", "63e6b0b4"],
    ["\ud800\udd51", "64f0908591"],
    [[1, [2, 3], [4, 5]], "8301820203820405"],
    [{ a: 1, b: [2, 3] }, "a26161016162820203"],
  ];
  for (const [item, hex] of examples) {
    assert.equal(encodeCbor(item).toHex(), hex);
    assert.deepEqual(decodeCbor(Uint8Array.fromHex(hex)), item);
  }
});

Deno.test("encodeCbor() leaves out what is undefined", () => {
  assert.deepEqual(encodeCbor({ a: undefined, b: 1 }), encodeCbor({ b: 1 }));
});

Deno.test("encodeCbor() refuses what is outside the profile", () => {
  const outside = [2 ** 53, -(2 ** 31) - 1, NaN, Infinity, -Infinity, 1e300, "\ud800"];
  for (const item of outside) assert.throws(() => encodeCbor([item]), InternalError, String(item));
});

Deno.test("decodeCbor() keeps to the limits that it is given", () => {
  const nested = encodeCbor([[[]]]);
  decodeCbor(nested, { maxDepth: 2 });
  assert.throws(() => decodeCbor(nested, { maxDepth: 1 }), { code: "cbor-malformed" });
  const many = encodeCbor([1, 2, 3]);
  decodeCbor(many, { maxItems: 4 });
  assert.throws(() => decodeCbor(many, { maxItems: 3 }), { code: "cbor-malformed" });
});

Deno.test("decodeCbor() leaves what it decodes as it was", () => {
  const input = encodeCbor({ a: new Uint8Array([1]) });
  decodeCbor(input);
  assert.deepEqual(
    Object.getOwnPropertyNames(input),
    Object.getOwnPropertyNames(new Uint8Array(input.length)),
  );
});

Deno.test("decodeCbor() refuses every input of the corpus", () => replayCorpus("cbor", 42, decodeCbor));
