// deno-lint-ignore-file no-control-regex
import assert from "node:assert/strict";
import { exitCodeOf } from "../../commands/exit_codes.ts";
import { reportFailure, toCommandError } from "../../commands/failure.ts";
import { StoppedError } from "../../commands/io.ts";
import { AuthenticationError, type ErrorKind, ParleyError, UsageError } from "../../lib/errors/mod.ts";
import { FakeIo } from "../support/fake_io.ts";

Deno.test("exitCodeOf() gives each kind of error the documented code", () => {
  const codes: Record<ErrorKind, number> = {
    usage: 2,
    decode: 3,
    protocol: 3,
    authentication: 4,
    storage: 5,
    network: 5,
    timeout: 6,
    internal: 70,
  };
  for (const [kind, code] of Object.entries(codes)) {
    assert.equal(exitCodeOf(new ParleyError(kind as ErrorKind, "x", "x")), code);
  }
});

Deno.test("reportFailure() writes the error and its hint to standard error", () => {
  const io = new FakeIo();
  const error = new UsageError("no-such", "no\x1b[2J such", { hint: "try another" });
  assert.equal(reportFailure(io, false, error), 2);
  assert.equal(io.stderr.text, "parley: error: no␛[2J such\nparley: hint: try another\n");
  assert.equal(io.stdout.text, "");
});

Deno.test("reportFailure() writes one JSON object with --json", () => {
  const io = new FakeIo();
  assert.equal(reportFailure(io, true, new AuthenticationError("denied", "no entry")), 4);
  assert.equal(io.stderr.text, '{"type":"error","code":"denied","message":"no entry"}\n');
});

Deno.test("reportFailure() shows stacks and causes with PARLEY_DEBUG=1 only", () => {
  const error = new UsageError("outer", "outer", { cause: new RangeError("inner") });
  const plain = new FakeIo(), debug = new FakeIo({ env: { PARLEY_DEBUG: "1" } });
  reportFailure(plain, false, error);
  reportFailure(debug, false, error);
  assert.doesNotMatch(plain.stderr.text, /inner|failure_test/);
  assert.match(debug.stderr.text, /caused by: RangeError: inner\n.*failure_test/);
});

Deno.test("reportFailure() calls what it does not know a bug, and a stop nothing at all", () => {
  const io = new FakeIo();
  assert.equal(reportFailure(io, false, new TypeError("oops")), 70);
  assert.match(io.stderr.text, /^parley: error: oops\nparley: hint: this is a bug in parley/);
  const stopped = new FakeIo();
  assert.equal(reportFailure(stopped, false, new StoppedError("SIGINT")), 130);
  assert.equal(stopped.stderr.text, "");
});

Deno.test("reportFailure() colours on a terminal, unless NO_COLOR or TERM=dumb", () => {
  const written = (env: Record<string, string>) => {
    const io = new FakeIo({ terminal: true, env });
    reportFailure(io, false, new UsageError("x", "x"));
    return io.stderr.text;
  };
  assert.match(written({}), /\x1b\[31merror/);
  assert.doesNotMatch(written({ NO_COLOR: "1" }) + written({ TERM: "dumb" }), /\x1b/);
});

Deno.test("toCommandError() sorts what the system throws under storage", () => {
  const cases = [
    [() => Deno.readTextFileSync("/nowhere/at/all"), "not-found"],
    [() => Deno.readTextFileSync("/"), "is-a-folder"],
    [() => Deno.readTextFileSync(new URL("file", import.meta.url + "/")), "not-a-folder"],
  ] as const;
  for (const [act, code] of cases) {
    assert.throws(act, (error) => {
      const { kind, code: actual } = toCommandError(error);
      assert.deepEqual([kind, actual], ["storage", code]);
      return true;
    });
  }
});
