import assert from "node:assert/strict";
import { bundleProgram } from "../../.ci/bundle_program.ts";
import { compileProgram } from "../../.ci/compile.ts";

/** What the program is made of; a package that is not listed here is one that somebody should look at. */
const PACKAGES = [
  "@hpke/common",
  "@hpke/core",
  "@logtape/logtape",
  "@noble/hashes",
  "@optique/core",
  "@peculiar/asn1-asym-key",
  "@peculiar/asn1-cms",
  "@peculiar/asn1-csr",
  "@peculiar/asn1-ecc",
  "@peculiar/asn1-pfx",
  "@peculiar/asn1-pkcs8",
  "@peculiar/asn1-pkcs9",
  "@peculiar/asn1-rsa",
  "@peculiar/asn1-schema",
  "@peculiar/asn1-x509",
  "@peculiar/asn1-x509-attr",
  "@peculiar/asn1-x509-post-quantum",
  "@peculiar/utils",
  "@peculiar/x509",
  "asn1js",
  "cbor-x",
  "pvtsutils",
  "pvutils",
  "reflect-metadata",
  "ts-mls",
  "tslib",
  "tsyringe",
  "valibot",
];

function findForeign(sources: readonly string[]): string[] {
  return sources.filter((source) => {
    const name = /^npm:((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
    if (name !== undefined) return !PACKAGES.includes(name);
    return !/^(main\.ts|deno\.json|(commands|lib)\/[\w/]+\.(ts|json))$/.test(source);
  });
}

Deno.test("findForeign() finds tests, vectors, packages of tests and files of the machine", () => {
  const good = [
    "main.ts",
    "deno.json",
    "lib/pki/mod.ts",
    "npm:ts-mls/1.0.0/index.js",
    "npm:@peculiar/x509/2/x.js",
  ];
  assert.deepEqual(findForeign(good), []);
  const bad = [
    "test/support/world.ts",
    "lib/../test/x.ts",
    "certs/good.json",
    "npm:fast-check/4/x.js",
    "/etc/x",
  ];
  assert.deepEqual(findForeign(bad), bad);
});

Deno.test("the executable embeds the program and nothing else", async () => {
  const folder = await Deno.makeTempDir({ prefix: "parley-embedded-" });
  try {
    const sources = await bundleProgram(`${folder}/bundle`);
    assert(sources.length > 300);
    assert.deepEqual(findForeign(sources), []);
    const bundled = (await Array.fromAsync(Deno.readDir(`${folder}/bundle`))).map(({ name }) => name).sort();
    // The runtime itself stands for its base: what comes out is no program, but lists what is in it.
    const env = { DENORT_BIN: Deno.execPath() };
    const said = await compileProgram(`${folder}/bundle`, `${folder}/parley`, { env });
    const embedded = [...said.matchAll(/^[├└│─┬ ]+ (\S+) \([\d.]+[KM]?B/gm)].map((match) => match[1]);
    assert.deepEqual(embedded.sort(), bundled);
    for (const name of bundled) {
      const text = await Deno.readTextFile(`${folder}/bundle/${name}`);
      assert.doesNotMatch(text, /(from|import)"(?!\.|node:)/, `${name} needs what is not in it`);
      assert.doesNotMatch(text, /test\/vectors\/|sourceMappingURL/, name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
