import assert from "node:assert/strict";
import { byteSize } from "../../commands/byte_size.ts";

Deno.test("byteSize() takes whole numbers with units of 1,024 and nothing else", () => {
  const sizes = {
    "0": 0,
    "4096": 4_096,
    "1K": 1_024,
    "500M": 524_288_000,
    "20G": 20 * 2 ** 30,
    "2T": 2 ** 41,
  };
  for (const [text, value] of Object.entries(sizes)) {
    assert.deepEqual(byteSize().parse(text), { success: true, value });
  }
  for (const text of ["", "K", "-1", "1.5G", "1k", "1 G", "1GB", "9007199254740993", "999999999999999T"]) {
    assert.equal(byteSize().parse(text).success, false, text);
  }
});
