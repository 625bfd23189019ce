import assert from "node:assert/strict";
import {
  AuthenticationError,
  DecodeError,
  InternalError,
  NetworkError,
  ParleyError,
  ProtocolError,
  StorageError,
  TimeoutError,
  toParleyError,
  UsageError,
} from "../../lib/errors/mod.ts";

const kinds = [
  [UsageError, "usage"],
  [DecodeError, "decode"],
  [ProtocolError, "protocol"],
  [AuthenticationError, "authentication"],
  [StorageError, "storage"],
  [NetworkError, "network"],
  [TimeoutError, "timeout"],
] as const;

for (const [Class, kind] of kinds) {
  Deno.test(`${Class.name} is a ParleyError of the kind ${kind}`, () => {
    const cause = new Error("inner");
    const error = new Class("some-code", "some message", { hint: "some hint", cause });
    assert(error instanceof ParleyError && error instanceof Error);
    assert.deepEqual(
      [error.name, error.kind, error.code, error.message, error.hint, error.cause],
      [Class.name, kind, "some-code", "some message", "some hint", cause],
    );
    assert.equal("cause" in new Class("some-code", "some message"), false);
  });
}

Deno.test("DecodeError tells where and in which field", () => {
  const error = new DecodeError("truncated", "cannot decode", { offset: 7, field: "length" });
  assert.deepEqual([error.offset, error.field], [7, "length"]);
});

Deno.test("toParleyError() keeps a ParleyError and wraps everything else as internal", () => {
  const known = new UsageError("some-code", "some message");
  assert.equal(toParleyError(known), known);
  const foreign = new TypeError("x is undefined");
  const wrapped = toParleyError(foreign);
  assert(wrapped instanceof InternalError);
  assert.deepEqual([wrapped.code, wrapped.message, wrapped.cause], ["internal", "x is undefined", foreign]);
  assert.equal(toParleyError("text").message, "text");
  assert.equal(toParleyError(undefined).message, "undefined");
});
