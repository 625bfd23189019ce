import assert from "node:assert/strict";
import fc from "fast-check";
import {
  AuthenticationError,
  DecodeError,
  InternalError,
  NetworkError,
  ParleyError,
  ProtocolError,
  StorageError,
  TimeoutError,
  UsageError,
} from "../../lib/errors/mod.ts";
import { decodeRemoteError, encodeRemoteError, fromRemoteError, toRemoteError } from "../../lib/wire/mod.ts";

const classes = [
  AuthenticationError,
  DecodeError,
  NetworkError,
  ProtocolError,
  StorageError,
  TimeoutError,
  UsageError,
];

Deno.test("fromRemoteError() restores class, code, message and hint of what toRemoteError() made", () => {
  for (const Class of classes) {
    const error = new Class("some-code", "some message", { hint: "some hint" });
    const restored = fromRemoteError(decodeRemoteError(encodeRemoteError(toRemoteError(error))));
    assert(restored instanceof Class);
    assert.deepEqual(
      [restored.kind, restored.code, restored.message, restored.hint],
      [error.kind, error.code, error.message, error.hint],
    );
  }
});

Deno.test("toRemoteError() makes what the peer accepts of any text", () => {
  const text = fc.string({ maxLength: 600, unit: "binary" });
  fc.assert(
    fc.property(text, text, (message, hint) => {
      const remote = toRemoteError(new ProtocolError("some-code", message, { hint }));
      assert.deepEqual(decodeRemoteError(encodeRemoteError(remote)), remote);
    }),
    { numRuns: 20 },
  );
  const emoji = toRemoteError(
    new ProtocolError("some-code", "x" + "😀".repeat(400), { hint: "😀".repeat(400) }),
  );
  assert.deepEqual(decodeRemoteError(encodeRemoteError(emoji)).message, emoji.message);
});

Deno.test("toRemoteError() says nothing of what is inside an internal error or a foreign one", () => {
  for (const error of [new InternalError("secret"), new TypeError("secret"), "secret", undefined]) {
    const remote = toRemoteError(error);
    assert.equal(remote.kind, "internal");
    assert.doesNotMatch(JSON.stringify(remote), /secret/);
    assert(fromRemoteError(remote) instanceof ParleyError);
  }
});
