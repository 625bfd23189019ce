import type { PathCase } from "./path_case.ts";

const early = "cert-not-yet-valid", late = "cert-expired";
const leaf = { notBefore: "2027-01-01T00:00:00Z", notAfter: "2027-02-01T00:00:00Z" };
const at = (time: string, clockSkewMs?: number) => ({
  leaf,
  at: time,
  ...(clockSkewMs !== undefined && { clockSkewMs }),
});

/** When a chain is valid: RFC 5280 §6.1.3 (a)(2), with an allowance for clocks. */
export const validityCases: PathCase[] = [
  { rule: "5280 §6.1.3 (a)(2)", what: "within", expect: "valid", chain: at("2027-01-15") },
  { rule: "5280 §4.1.2.5", what: "the first instant", expect: "valid", chain: at("2027-01-01T00:00:00Z", 0) },
  { rule: "5280 §4.1.2.5", what: "the last instant", expect: "valid", chain: at("2027-02-01T00:00:00Z", 0) },
  { rule: "5280 §4.1.2.5", what: "just before", expect: early, chain: at("2026-12-31T23:59:59Z", 0) },
  { rule: "5280 §4.1.2.5", what: "just after", expect: late, chain: at("2027-02-01T00:00:01Z", 0) },
  { rule: "parley", what: "five minutes before", expect: "valid", chain: at("2026-12-31T23:55:00Z") },
  { rule: "parley", what: "more than that before", expect: early, chain: at("2026-12-31T23:54:59Z") },
  { rule: "parley", what: "five minutes after", expect: "valid", chain: at("2027-02-01T00:05:00Z") },
  { rule: "parley", what: "more than that after", expect: late, chain: at("2027-02-01T00:05:01Z") },
  {
    rule: "5280 §6.1.3 (a)(2)",
    what: "the authority has expired",
    expect: late,
    chain: { authorities: [{ notAfter: "2026-06-01" }] },
  },
  {
    rule: "5280 §6.1.3 (a)(2)",
    what: "the authority is not valid yet",
    expect: early,
    chain: { authorities: [{ notBefore: "2028-06-01" }] },
  },
  {
    rule: "parley",
    what: "the root has expired",
    expect: late,
    chain: { root: { notAfter: "2026-06-01" } },
  },
  {
    rule: "5280 §4.1.2.5",
    what: "it ends before it begins",
    expect: early,
    chain: { leaf: { notBefore: "2030-01-01", notAfter: "2029-01-01" } },
  },
  {
    rule: "5280 §4.1.2.5",
    what: "it ended before it began, long ago",
    expect: late,
    chain: { leaf: { notBefore: "2025-01-01", notAfter: "2024-01-01" } },
  },
  {
    rule: "5280 §4.1.2.5.1",
    what: "a UTCTime of 1950 to 1999",
    expect: late,
    chain: { leaf: { notBefore: "1960-01-01", notAfter: "1999-12-31" } },
  },
  {
    rule: "5280 §4.1.2.5",
    what: "without end, 31 December 9999",
    expect: "valid",
    chain: { leaf: { notAfter: "9999-12-31T23:59:59Z" }, at: "2035-06-01" },
  },
  {
    rule: "5280 §6.1",
    what: "a leaf that outlives its authority, while both are valid",
    expect: "valid",
    chain: { leaf: { notAfter: "2090-01-01" } },
  },
];
