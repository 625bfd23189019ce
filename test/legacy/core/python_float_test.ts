import assert from "node:assert/strict";
import { formatFloat, parseDecimal } from "../../../lib/legacy/core/mod.ts";

Deno.test("formatFloat() writes what Python writes", () => {
  const answers: [number, string][] = [
    [0, "0.0"],
    [12.5, "12.5"],
    [100, "100.0"],
    [-0.1, "-0.1"],
    [0.1 + 0.2, "0.30000000000000004"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [1.5e300, "1.5e+300"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [Infinity, "inf"],
  ];
  for (const [value, text] of answers) assert.equal(formatFloat(value), text);
});

Deno.test("parseDecimal() takes finite decimal numbers only", () => {
  assert.deepEqual([" 5 ", "-1.5e3", ".5", "5."].map(parseDecimal), [5, -1500, 0.5, 5]);
  for (const text of ["", "0x10", "inf", "nan", "1e999", "1 2", "five"]) {
    assert.equal(parseDecimal(text), undefined);
  }
});
