import assert from "node:assert/strict";
import { subtle, toBufferSource } from "../../lib/crypto/subtle.ts";

Deno.test("toBufferSource() copies bytes in shared memory, which WebCrypto refuses, and no others", async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set([1, 2, 3]);
  const copy = toBufferSource(shared);
  assert.deepEqual(copy, Uint8Array.of(1, 2, 3));
  assert.equal((await subtle.digest("SHA-256", copy)).byteLength, 32);
  const own = Uint8Array.of(1, 2, 3);
  assert.equal(toBufferSource(own), own);
});
