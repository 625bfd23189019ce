import assert from "node:assert/strict";
import fc from "fast-check";
import { formatIdentityUri, isName, parseIdentityUri, parseName } from "../../lib/pki/mod.ts";

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,31}$/);

Deno.test("parseIdentityUri() returns what formatIdentityUri() was given", () => {
  fc.assert(fc.property(name, name, (user, device) => {
    assert.deepEqual(parseIdentityUri(formatIdentityUri({ user, device })), { user, device });
  }));
});

Deno.test("parseIdentityUri() refuses everything that is not exactly parley:USER/DEVICE", () => {
  const bad = [
    "",
    "parley:",
    "parley:a",
    "parley:a/",
    "parley:/b",
    "parley:a/b/c",
    "parley:a/b\n",
    "parley:A/b",
    "Parley:a/b",
    "parley://a/b",
    "parley:.a/b",
    "parley:a/-b",
    `parley:${"a".repeat(33)}/b`,
    "parley:ä/b",
    "parley:a b/c",
    "xparley:a/b",
  ];
  for (const uri of bad) {
    assert.throws(() => parseIdentityUri(uri), { name: "DecodeError", code: "identity-malformed" }, uri);
  }
});

Deno.test("parseIdentityUri() accepts only what formats to the same text", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((tail) => `parley:a/${tail}`)), (text) => {
    try {
      assert.equal(formatIdentityUri(parseIdentityUri(text)), text);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "identity-malformed");
    }
  }));
});

Deno.test("parseName() throws a usage error without control characters in its message when given one", () => {
  assert.equal(isName("a\x1b[2J"), false);
  assert.throws(() => parseName("a\x1b[2J", "user"), (error: Error & { code?: string }) => {
    assert.equal(error.code, "name-malformed");
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(error.message, /[\x00-\x1f]/);
    return true;
  });
});
