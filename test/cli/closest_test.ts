import assert from "node:assert/strict";
import { closest } from "../../commands/closest.ts";

Deno.test("closest() finds the slip of a finger and nothing that is merely short", () => {
  const commands = ["init", "issue", "invite", "list", "revoke", "crl"];
  const cases: [string, string | undefined][] = [
    ["isue", "issue"],
    ["inivte", "invite"],
    ["lits", "list"],
    ["rev", "revoke"],
    ["crll", "crl"],
    ["frobnicate", undefined],
    ["in", undefined],
    ["", undefined],
  ];
  for (const [word, expected] of cases) assert.equal(closest(word, commands), expected, word);
});
