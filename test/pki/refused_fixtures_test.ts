import assert from "node:assert/strict";
import { parsePem } from "../../lib/bytes/mod.ts";
import { type CertificateUsage, verifyChain } from "../../lib/pki/mod.ts";
import { CHECK_OF_CODE } from "../../commands/ca/failed_check.ts";
import { typedErrorOf } from "../support/mutate.ts";

interface RefusedFixture {
  name: string;
  code: string;
  usage: CertificateUsage;
  serverName?: string;
  at: string;
  hasCrl: boolean;
}

const folder = new URL("../../certs/refused/", import.meta.url);
const fixtures = JSON.parse(Deno.readTextFileSync(new URL("index.json", folder))) as RefusedFixture[];
const document = Deno.readTextFileSync(new URL("../../docs/VERIFICATION.md", import.meta.url));

function read(file: string): Uint8Array[] {
  return parsePem(Deno.readTextFileSync(new URL(file, folder))).map(({ bytes }) => bytes);
}

/** The cells of the rows of the document's first table. */
function readTable(): string[][] {
  const lines = document.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("verifyChain() refuses every fixture of certs/refused for its reason", async () => {
  for (const { name, code, usage, serverName, at, hasCrl } of fixtures) {
    const error = await typedErrorOf(() =>
      verifyChain({
        chain: read(`${name}.pem`),
        roots: read(`${name}.root.crt`),
        crls: hasCrl ? read(`${name}.crl`) : [],
        usage,
        now: new Date(at),
        ...(serverName !== undefined && { serverName }),
      })
    );
    assert.equal(error?.code, code, name);
  }
  assert.equal(fixtures.length, 26);
});

Deno.test("docs/VERIFICATION.md has a row for every fixture, with its code and a test that is there", () => {
  const rows = readTable();
  for (const { name, code } of fixtures) {
    const row = rows.find(([, , , fixture]) => fixture?.includes(`\`${name}\``));
    assert(row?.[2]?.includes(`\`${code}\``), `${name} ${code}`);
  }
  for (const [check, , , , test] of rows) {
    const [, file] = /`([\w/]+\.ts)`/.exec(test ?? "") ?? [];
    assert(file !== undefined && Deno.statSync(new URL(`../../${file}`, import.meta.url)).isFile, `${check}`);
  }
  assert(rows.length >= 20);
});

Deno.test("docs/VERIFICATION.md and parley ca verify know the same codes", () => {
  const documented = new Set(
    readTable().flatMap(([, , codes]) => codes?.match(/(?:cert|crl)-[a-z-]+/g) ?? []),
  );
  for (const code of Object.keys(CHECK_OF_CODE)) assert(documented.has(code), code);
});
