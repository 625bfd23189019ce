import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from "../../lib/bytes/mod.ts";
import { DecodeError } from "../../lib/errors/mod.ts";
import { decodeOrRefuse } from "../support/hostile_bytes.ts";

Deno.test("encodeBase64() and its like round-trip and agree with node:buffer", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    assert.equal(encodeBase64(bytes), btoa(String.fromCharCode(...bytes)));
    assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes.slice());
    assert.deepEqual(decodeBase64Url(encodeBase64Url(bytes)), bytes.slice());
    assert.match(encodeBase64Url(bytes), /^[A-Za-z0-9_-]*$/);
  }));
});

Deno.test("decodeBase64() gives the test vectors of RFC 4648 §10", () => {
  const vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
  vectors.forEach((text, length) => {
    assert.equal(new TextDecoder().decode(decodeBase64(text)), "foobar".slice(0, length));
  });
});

Deno.test("decodeBase64() and decodeBase64Url() refuse what is not canonical", () => {
  for (const text of ["Zg", "Zg=", "Zh==", "Z", "Zg===", "Zm9v!", "Zm9v-_"]) {
    assert.throws(() => decodeBase64(text), DecodeError, text);
  }
  for (const text of ["Zg==", "Zh", "Z", "Zm9v+", "Zm 9v", "Zm9v\n", "Zm9v/"]) {
    assert.throws(() => decodeBase64Url(text), DecodeError, text);
  }
});

Deno.test("decodeBase64Url() accepts nothing that encodes to another text", () => {
  fc.assert(fc.property(fc.string({ maxLength: 8 }), (text) => {
    const decoded = decodeOrRefuse(() => decodeBase64Url(text));
    if (decoded) assert.equal(encodeBase64Url(decoded), text);
  }));
});
