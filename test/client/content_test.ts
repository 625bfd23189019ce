import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeCbor } from "../../lib/bytes/mod.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import { decodeContent, encodeText } from "../../lib/client/content.ts";

Deno.test("decodeContent() returns every text that encodeText() took", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 2_000 }), (text) => {
    assert.deepEqual(decodeContent(encodeText(text, systemRandom)), { kind: "text", text });
  }));
});

Deno.test("encodeText() follows the layout of draft-ietf-mimi-content", () => {
  const salt = new Uint8Array(16).fill(7);
  const expected = encodeCbor([
    salt,
    null,
    new Uint8Array(),
    null,
    null,
    {},
    [1, "", 1, "text/plain;charset=utf-8", new TextEncoder().encode("hi")],
  ]);
  assert.deepEqual(encodeText("hi", () => salt), expected);
});

Deno.test("encodeText() refuses nothing and too much", () => {
  assert.throws(() => encodeText("", systemRandom), { code: "text-empty" });
  assert.throws(() => encodeText("x".repeat(50_000), systemRandom), { code: "text-too-long" });
});

Deno.test("decodeContent() names the type of what it cannot show", () => {
  const envelope = (part: unknown[]) =>
    encodeCbor([new Uint8Array(16), null, new Uint8Array(), null, null, {}, part as never]);
  const image = decodeContent(envelope([1, "", 1, "image/png", new Uint8Array(3)]));
  assert.deepEqual(image, { kind: "other", contentType: "image/png" });
  assert.deepEqual(decodeContent(envelope([1, "", 3, 0, []])), { kind: "other", contentType: "multipart" });
});

Deno.test("decodeContent() answers arbitrary and damaged bytes with a typed error", () => {
  const good = encodeText("intact", systemRandom);
  const damaged = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, change]) => {
    const bytes = new Uint8Array(good);
    bytes[at]! ^= change;
    return bytes;
  });
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
    try {
      decodeContent(bytes);
    } catch (error) {
      assert.ok(error instanceof ParleyError && error.kind === "decode", String(error));
    }
  }));
});
