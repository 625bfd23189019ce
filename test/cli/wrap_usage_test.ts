import assert from "node:assert/strict";
import * as fc from "fast-check";
import { wrapUsage } from "../../commands/wrap_usage.ts";

Deno.test("wrapUsage() breaks between the parts of a usage, never within one", () => {
  const usage = "parley ca revoke [--dir DIR] (USER[/DEVICE] | --serial HEX) [--crl FILE...] ID";
  assert.equal(
    wrapUsage(usage, 40),
    "Usage: parley ca revoke [--dir DIR]\n" +
      "       (USER[/DEVICE] | --serial HEX)\n" +
      "       [--crl FILE...] ID",
  );
  assert.equal(wrapUsage(usage, 100), `Usage: ${usage}`);
  assert.equal(wrapUsage("parley doctor", 10), "Usage: parley\n       doctor");
});

Deno.test("wrapUsage() keeps every part, and lines within the columns where the parts allow it", () => {
  const parts = fc.array(fc.stringMatching(/^[a-z]{1,12}$|^\[[a-z]{1,5} [a-z]{1,5}\]$/), { minLength: 1 });
  fc.assert(fc.property(parts, fc.integer({ min: 30, max: 100 }), (parts, columns) => {
    const wrapped = wrapUsage(parts.join(" "), columns);
    assert.equal(wrapped.replace(/\n {7}/g, " "), `Usage: ${parts.join(" ")}`);
    assert.ok(wrapped.split("\n").every((line) => line.length <= columns));
  }));
});
