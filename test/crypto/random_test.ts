import assert from "node:assert/strict";
import { systemRandom } from "../../lib/crypto/mod.ts";

Deno.test("systemRandom() fills arrays of every size, past the limit of getRandomValues too", () => {
  assert.equal(systemRandom(0).length, 0);
  const large = systemRandom(200_000);
  assert.equal(large.length, 200_000);
  // 32 zeros in a row at the very end would mean that the last part was not filled.
  assert.ok(large.subarray(-32).some((byte) => byte !== 0));
  assert.ok(large.subarray(65_536, 65_568).some((byte) => byte !== 0));
});

Deno.test("systemRandom() does not repeat itself", () => {
  assert.notDeepEqual(systemRandom(32), systemRandom(32));
});
