import assert from "node:assert/strict";
import { inspect } from "node:util";
import { SecretBytes } from "../../lib/crypto/mod.ts";
import { InternalError } from "../../lib/errors/mod.ts";

const marker = [222, 173, 190, 239];

Deno.test("SecretBytes is redacted in every way of printing it", () => {
  const secret = new SecretBytes(Uint8Array.from(marker));
  const texts = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    Deno.inspect({ secret }, { depth: 9, showHidden: true }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    Deno.inspect(secret),
    inspect(secret),
    new Error(`failed with ${secret}`).stack ?? "",
  ];
  for (const text of texts) {
    assert.match(text, /\[secret\]/);
    assert.doesNotMatch(text, /222|173|deadbeef|3q2\+7w/i);
  }
  assert.deepEqual(Object.keys(secret), []);
});

Deno.test("SecretBytes.expose() gives the secret itself", () => {
  const bytes = Uint8Array.from(marker);
  assert.equal(new SecretBytes(bytes).expose(), bytes);
});

Deno.test("SecretBytes.wipe() overwrites the array it was given and ends its use", () => {
  const bytes = Uint8Array.from(marker);
  const secret = new SecretBytes(bytes);
  secret.wipe();
  assert.deepEqual(bytes, new Uint8Array(4));
  assert.throws(() => secret.expose(), InternalError);
  secret.wipe();
  assert.equal(String(secret), "[secret]");
});
