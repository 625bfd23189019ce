/**
 * Generates the fixtures of `refused/` anew:
 * `deno run --allow-read=. --allow-write=certs/refused certs/generate_refused.ts`. Each is a case of the path suite in
 * `test/pki/paths/`, kept so that it can be tried with other programs.
 */
import { formatPem } from "../lib/bytes/mod.ts";
import { CRL_PEM_LABEL } from "../lib/pki/mod.ts";
import { algorithmCases } from "../test/pki/paths/algorithm_cases.ts";
import { authorityCases } from "../test/pki/paths/authority_cases.ts";
import { formCases } from "../test/pki/paths/form_cases.ts";
import { leafCases } from "../test/pki/paths/leaf_cases.ts";
import { buildQuestion, type PathCase } from "../test/pki/paths/path_case.ts";
import { revocationCases } from "../test/pki/paths/revocation_cases.ts";
import { validityCases } from "../test/pki/paths/validity_cases.ts";

/** The fixtures: the file's name, and what the case is. */
const FIXTURES: [name: string, cases: PathCase[], what: string][] = [
  ["malformed", formCases, "octets after the certificate"],
  ["duplicate-extension", formCases, "the same extension twice"],
  ["untrusted", authorityCases, "the authority between is missing"],
  ["signature", authorityCases, "the leaf's signature is another key's"],
  ["no-authority", authorityCases, "authority without basicConstraints"],
  ["no-cert-sign", authorityCases, "authority without keyCertSign"],
  ["path-length", authorityCases, "path length 0 above an authority"],
  ["name-constraints", authorityCases, "name constraints that the leaf keeps to"],
  ["authority-usage", authorityCases, "an authority for servers only, and a device"],
  ["key-usage", leafCases, "a key for encipherment only"],
  ["extended-key-usage", leafCases, "a server shown as a device"],
  ["device-name", leafCases, "two devices"],
  ["server-name", leafCases, "another DNS name"],
  ["wildcard", leafCases, "a wildcard"],
  ["common-name", leafCases, "the common name only"],
  ["not-yet-valid", validityCases, "more than that before"],
  ["expired", validityCases, "more than that after"],
  ["authority-expired", validityCases, "the authority has expired"],
  ["signature-algorithm", algorithmCases, "RSA with SHA-1"],
  ["key-size", algorithmCases, "an RSA leaf of 1024 bits"],
  ["key-kind", algorithmCases, "a leaf on P-521"],
  ["critical-extension", formCases, "an unknown critical extension"],
  ["revoked", revocationCases, "a list that names the leaf"],
  ["authority-revoked", revocationCases, "the root's list names the authority"],
  ["crl-signature", revocationCases, "a list that another key signed"],
  ["crl-partial", revocationCases, "a list of changes only"],
];

const folder = new URL("refused/", import.meta.url);

function write(file: string, text: string): void {
  Deno.writeTextFileSync(new URL(file, folder), text);
}

function generateFixture(name: string, { rule, what, expect, chain }: PathCase): Record<string, unknown> {
  const { roots, chain: shown, crls = [], usage, now, serverName } = buildQuestion(chain);
  const toPem = (label: string, ders: Uint8Array[]) => ders.map((der) => formatPem(label, der)).join("");
  write(`${name}.pem`, toPem("CERTIFICATE", shown));
  write(`${name}.root.crt`, toPem("CERTIFICATE", roots));
  if (crls.length > 0) write(`${name}.crl`, toPem(CRL_PEM_LABEL, crls));
  return { name, rule, what, code: expect, usage, serverName, at: now, hasCrl: crls.length > 0 };
}

const index = FIXTURES.map(([name, cases, what]) => {
  const found = cases.find((one) => one.what === what);
  if (found === undefined) throw new Error(`the path suite has no case ${what}`);
  return generateFixture(name, found);
});
write("index.json", JSON.stringify(index, undefined, 2) + "\n");
