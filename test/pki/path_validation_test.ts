import assert from "node:assert/strict";
import { verifyChain } from "../../lib/pki/mod.ts";
import { typedErrorOf } from "../support/mutate.ts";
import { algorithmCases } from "./paths/algorithm_cases.ts";
import { authorityCases } from "./paths/authority_cases.ts";
import { formCases } from "./paths/form_cases.ts";
import { leafCases } from "./paths/leaf_cases.ts";
import { buildQuestion, type PathCase } from "./paths/path_case.ts";
import { revocationCases } from "./paths/revocation_cases.ts";
import { validityCases } from "./paths/validity_cases.ts";

/**
 * Path validation in the manner of C2SP's x509-limbo: every case is a chain made for it, names the rule that it
 * is about, and says what has to come of it. The numbers are asserted, so that no case gets lost.
 */
const suites: [name: string, cases: PathCase[], count: number][] = [
  ["form", formCases, 60],
  ["authorities", authorityCases, 62],
  ["leaves and names", leafCases, 52],
  ["algorithms", algorithmCases, 25],
  ["validity", validityCases, 17],
  ["revocation", revocationCases, 22],
];

for (const [name, cases, count] of suites) {
  Deno.test(`verifyChain() decides about every chain of the path suite: ${name}`, async () => {
    for (const one of cases) {
      const question = buildQuestion(one.chain);
      const error = await typedErrorOf(() => verifyChain(question));
      assert.equal(error?.code ?? "valid", one.expect, `${one.rule}: ${one.what}: ${error?.message}`);
      if (error !== undefined) {
        // A chain is somebody's fault; a list that cannot be decoded is the verifier's own input.
        assert.equal(error.kind, error.code === "crl-malformed" ? "decode" : "authentication", one.what);
      }
    }
    assert.equal(cases.length, count);
  });
}

Deno.test("the path suite says of each case what it is, once", () => {
  const names = suites.flatMap(([, cases]) => cases.map(({ rule, what }) => `${rule}: ${what}`));
  assert.equal(new Set(names).size, names.length);
  assert(names.length >= 120);
});
