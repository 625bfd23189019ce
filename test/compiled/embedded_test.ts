import assert from "node:assert/strict";
import { bundleProgram } from "../../.ci/bundle_program.ts";
import { compileProgram } from "../../.ci/compile.ts";

/** The packages that the sources of the program import. */
const IMPORTED = [
  "@logtape/logtape",
  "@noble/ciphers",
  "@optique/core",
  "@peculiar/x509",
  "cbor-x",
  "modern-tar",
  "prom-client",
  "reflect-metadata",
  "socket.io",
  "socket.io-client",
  "ts-mls",
  "uqr",
  "valibot",
];
/** ts-mls needs it and does not say so. */
const UNDECLARED = ["@noble/hashes"];

const lock: { npm: Record<string, { dependencies?: string[] }> } = JSON.parse(
  await Deno.readTextFile(new URL("../../deno.lock", import.meta.url)),
);
const allowed = withDependencies([...IMPORTED, ...UNDECLARED]);

/** Names of packages with all that they depend on by the lock file; optional parts of peers are not among them. */
function withDependencies(names: readonly string[]): Set<string> {
  const found = new Set(names);
  for (const name of found) {
    const key = Object.keys(lock.npm).find((key) => nameOf(key) === name);
    assert(key !== undefined, `${name} is not in deno.lock`);
    const { dependencies = [] } = lock.npm[key]!;
    const peers = key.slice(name.length).split("_").slice(1).map((peer) => nameOf(peer.replaceAll("+", "/")));
    for (const one of dependencies) if (!peers.includes(nameOf(one))) found.add(nameOf(one));
  }
  return found;
}

/** The name in `NAME@VERSION` or `NAME`. */
function nameOf(key: string): string {
  return /^(@?[^@]+)/.exec(key)?.[1] ?? key;
}

function findForeign(sources: readonly string[]): string[] {
  return sources.filter((source) => {
    const name = /^npm:((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
    if (name !== undefined) return !allowed.has(name);
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
      assert.doesNotMatch(
        text,
        /(^|[;}\n])import\s*([\w*{][^"';()]*from)?\s*"(?!\.|node:)/,
        `${name} needs what is not in it`,
      );
      assert.doesNotMatch(text, /test\/vectors\/|sourceMappingURL/, name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
