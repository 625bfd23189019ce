import assert from "node:assert/strict";
import fc from "fast-check";
import {
  FILE_CHUNK_BYTES,
  layOutFile,
  MAX_FILE_BYTES,
  padFileSize,
} from "../../../lib/client/files/file_layout.ts";
import { BLOB_RECORD_BYTES } from "../../../lib/wire/mod.ts";

const sizes = fc.oneof(fc.nat({ max: 100_000 }), fc.integer({ min: 0, max: MAX_FILE_BYTES }));

Deno.test("padFileSize() gives few sizes, each at most 12 percent above the true one", () => {
  assert.equal(padFileSize(0), 4_096);
  assert.equal(padFileSize(4_097), 4_352);
  assert.equal(padFileSize(1_000_000), 1_015_808);
  assert.equal(padFileSize(2 ** 30), 2 ** 30);
  assert.equal(padFileSize(2 ** 30 + 1), 2 ** 30 + 2 ** 25);
  fc.assert(fc.property(sizes, sizes, (a, b) => {
    const padded = padFileSize(a);
    assert(padded >= a && padded <= Math.max(4_096, a * 1.12));
    assert.equal(padFileSize(padded), padded);
    if (a <= b) assert(padded <= padFileSize(b));
  }));
  // From 1 MiB to 2 MiB there are so many true sizes, and so many that the relay sees.
  const seen = new Set(Array.from({ length: 1_024 }, (_, i) => padFileSize(2 ** 20 + 1 + i * 1_024)));
  assert.equal(seen.size, 32);
});

Deno.test("layOutFile() fills every chunk but the last, which is never empty", () => {
  fc.assert(fc.property(sizes, (size) => {
    const { chunks, lastChunkBytes, lastRecordBytes } = layOutFile(size);
    assert.equal((chunks - 1) * FILE_CHUNK_BYTES + lastChunkBytes, padFileSize(size));
    assert(chunks >= 1 && lastChunkBytes >= 1 && lastChunkBytes <= FILE_CHUNK_BYTES);
    assert.equal(lastRecordBytes === BLOB_RECORD_BYTES, lastChunkBytes === FILE_CHUNK_BYTES);
  }));
});
