import assert from "node:assert/strict";
import type { GlobalOptions } from "../../commands/global_options.ts";
import { Output } from "../../commands/output.ts";
import { FakeIo } from "../support/fake_io.ts";

function noted(options: Partial<GlobalOptions>): string {
  const io = new FakeIo();
  const values = { home: undefined, as: undefined, json: false, quiet: false, help: false, ...options };
  new Output(io, values).note("keep a copy\u009b of it");
  assert.equal(io.stdout.text, "");
  return io.stderr.text;
}

Deno.test("Output.note() writes a clause to standard error, with --json an object, with --quiet nothing", () => {
  assert.equal(noted({}), "parley: keep a copy\u009b of it\n");
  assert.equal(noted({ json: true }), '{"type":"note","message":"keep a copy\\u009b of it"}\n');
  assert.equal(noted({ quiet: true }) + noted({ json: true, quiet: true }), "");
});
