import assert from "node:assert/strict";
import { compareReports, findDifferences, formatReport, parseReport } from "../../lib/bench/mod.ts";
import { figure, reportOf } from "./fixture.ts";

Deno.test("formatReport() and parseReport() round-trip", () => {
  const report = reportOf(figure("a", 1.5), figure("b", 2, { bytesPerOperation: 1024, note: "n" }));
  assert.deepEqual(parseReport(formatReport(report)), report);
  const ofFiles = { ...report, settings: { ...report.settings, clients: 3, fileBytes: 2 ** 40 } };
  assert.deepEqual(parseReport(formatReport(ofFiles)), ofFiles);
});

Deno.test("parseReport() refuses what is no report of this version", () => {
  const report = reportOf(figure("a", 1));
  const wrong = [
    "",
    "[]",
    "{",
    JSON.stringify({ ...report, version: 2 }),
    JSON.stringify({ ...report, format: "other" }),
    JSON.stringify({ ...report, measurements: [{ ...figure("a", 1), unit: "bananas" }] }),
    JSON.stringify({ ...report, measurements: [{ ...figure("a", 1), median: -1 }] }),
    JSON.stringify({ ...report, environment: undefined }),
  ];
  for (const text of wrong) assert.throws(() => parseReport(text), { code: "report-malformed" }, text);
});

Deno.test("compareReports() compares figures of the same scenario, name and unit, by direction of the unit", () => {
  const before = reportOf(figure("a", 100), figure("t", 100, { unit: "ms" }), figure("gone", 1));
  const after = reportOf(
    figure("a", 200),
    figure("t", 200, { unit: "ms" }),
    figure("new", 1),
    figure("a", 5, { scenario: "relay" }),
  );
  const found = compareReports(before, after).map((
    { after, ratio, verdict },
  ) => [after.name, ratio, verdict]);
  assert.deepEqual(found, [["a", 2, "better"], ["t", 2, "worse"]]);
  const [same] = compareReports(before, before);
  assert.deepEqual([same?.ratio, same?.verdict], [1, "unclear"]);
  const [zero] = compareReports(reportOf(figure("a", 0)), reportOf(figure("a", 1)));
  assert.equal(zero?.ratio, undefined);
});

Deno.test("findDifferences() names what was otherwise", () => {
  const before = reportOf(),
    after = { ...before, settings: { durationMs: 500, sizeBytes: 1024, clients: 3 } };
  assert.deepEqual(findDifferences(before, before), []);
  assert.deepEqual(findDifferences(before, after), [
    "duration: 1000 before, 500 now",
    "clients: as usual before, 3 now",
  ]);
});
