import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { V8_FLAGS } from "../../commands/bench/own_program.ts";
import { findTaskViolations, findViolations, roomArrows } from "./rules.ts";
import { parseSource, type SourceFile } from "./source_file.ts";

const root = new URL("../../", import.meta.url);

async function readSources(folder: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}${name}`;
    if (isDirectory) files.push(...await readSources(`${path}/`));
    else if (name.endsWith(".ts")) {
      files.push(parseSource(path, await Deno.readTextFile(new URL(path, root))));
    }
  }
  return files;
}

Deno.test("the source keeps to the architecture", async () => {
  const main = parseSource("main.ts", await Deno.readTextFile(new URL("main.ts", root)));
  const files = [main, ...await readSources("lib/"), ...await readSources("commands/")];
  assert(files.length > 100);
  assert(files.flatMap(({ imports }) => imports).length > 400);
  assert.deepEqual(findViolations(files), []);
});

Deno.test("main.ts loads nothing before it knows what is asked for", async () => {
  const { imports } = parseSource("main.ts", await Deno.readTextFile(new URL("main.ts", root)));
  const loaded = imports.filter(({ typeOnly, dynamic }) => !typeOnly && !dynamic).map(({ specifier }) =>
    specifier
  );
  assert.deepEqual(loaded, ["./deno.json"]);
});

Deno.test("no task asks for all permissions", () => {
  assert.deepEqual(findTaskViolations(config.tasks), []);
  for (const bad of ["deno run -A main.ts", "deno test --allow-all", { command: "deno run -qA x" }]) {
    assert.equal(findTaskViolations({ bad }).length, 1);
  }
});

Deno.test("parley starts itself with the settings of the runtime that its task has", () => {
  assert(config.tasks.parley.split(" ").includes(V8_FLAGS));
});

Deno.test("every export of the library is documented", async () => {
  const doors = Object.keys(roomArrows).map((room) => new URL(`lib/${room}/mod.ts`, root));
  const existing = doors.filter((door) => {
    try {
      return Deno.statSync(door).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
  assert(existing.length >= 9);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", "main.ts", ...existing.map((door) => fileURLToPath(door))],
    cwd: fileURLToPath(root),
    stdout: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
});

const badSamples: [rule: string, path: string, source: string, violation: RegExp][] = [
  [
    "an upward arrow",
    "lib/bytes/x.ts",
    'import { a } from "../crypto/mod.ts";',
    /bytes may not import crypto/,
  ],
  [
    "an upward arrow of types",
    "lib/wire/x.ts",
    'import type { A } from "../store/mod.ts";',
    /wire may not import store/,
  ],
  [
    "an upward arrow by re-export",
    "lib/mls/x.ts",
    'export { a } from "../client/mod.ts";',
    /mls may not import client/,
  ],
  [
    "an upward arrow by export *",
    "lib/relay/x.ts",
    'export * from "../client/mod.ts";',
    /relay may not import client/,
  ],
  [
    "a sideways arrow",
    "lib/transport/x.ts",
    'await import("../mls/mod.ts");',
    /transport may not import mls/,
  ],
  [
    "a room that the design does not know",
    "lib/utils/x.ts",
    'import "../errors/mod.ts";',
    /utils is no room/,
  ],
  ["a deep import", "lib/pki/x.ts", 'import { a } from "../bytes/pem.ts";', /past the door of bytes/],
  [
    "a deep import of a command",
    "commands/x.ts",
    'import { a } from "../lib/bytes/pem.ts";',
    /past the door of bytes/,
  ],
  ["a deep import of main.ts", "main.ts", 'import("./lib/bytes/pem.ts");', /past the door of bytes/],
  ["a file that uses its own door", "lib/pki/x.ts", 'import { a } from "./mod.ts";', /door of its own room/],
  [
    "a library that imports a command",
    "lib/client/x.ts",
    'import "../../commands/io.ts";',
    /the library imports commands/,
  ],
  ["an import of a test", "commands/x.ts", 'import "../test/support/fake_io.ts";', /imports the test/],
  [
    "ts-mls outside its room",
    "lib/client/x.ts",
    'import { a } from "ts-mls";',
    /ts-mls is for lib\/mls\/ only/,
  ],
  ["a module of ts-mls outside its room", "commands/x.ts", 'import "ts-mls/x.js";', /is for lib\/mls\/ only/],
  [
    "X.509 outside its room",
    "lib/transport/x.ts",
    'await import("@peculiar/x509");',
    /is for lib\/pki\/ only/,
  ],
  ["SQLite outside its room", "lib/relay/x.ts", 'import "node:sqlite";', /is for lib\/store\/ only/],
  [
    "JavaScript cryptography",
    "lib/crypto/x.ts",
    'import "@noble/hashes/sha2.js";',
    /is for lib\/legacy\/ only/,
  ],
  ["a second HPKE", "lib/mls/x.ts", 'import "@hpke/core";', /is for tests only/],
  ["an import of a registry", "lib/store/x.ts", 'import "npm:left-pad";', /not a bare name/],
  ["an import that nobody can read", "commands/x.ts", "await import(name);", /no reader can tell/],
  ["files in a pure room", "lib/pki/x.ts", 'import "node:fs";', /pki does no I\/O/],
  ["sockets in a pure room", "lib/wire/x.ts", 'import "node:tls";', /wire does no I\/O/],
  [
    "Deno in a pure room",
    "lib/mls/x.ts",
    'Deno.readTextFile("x");',
    /mls is pure and uses Deno\.readTextFile/,
  ],
  ["Deno behind another name", "lib/bytes/x.ts", "const { env } = Deno;", /bytes is pure and uses Deno/],
  ["the network in a pure room", "lib/wire/x.ts", 'await fetch("x");', /wire is pure and uses fetch/],
  ["the network by way of globalThis", "lib/wire/x.ts", 'globalThis.fetch("x");', /uses globalThis\.fetch/],
  ["a web socket in a pure room", "lib/wire/x.ts", 'new WebSocket("x");', /wire is pure and uses WebSocket/],
  ["the clock in a pure room", "lib/pki/x.ts", "Date.now();", /pki is pure and uses Date\.now/],
  [
    "the clock by its constructor",
    "lib/pki/x.ts",
    "const a = new Date();",
    /pki is pure and uses new Date\(\)/,
  ],
  ["a timer in a pure room", "lib/mls/x.ts", "setTimeout(f, 1);", /mls is pure and uses setTimeout/],
  ["chance in a pure room", "lib/bytes/x.ts", "Math.random();", /bytes is pure and uses Math\.random/],
  ["randomness of its own", "lib/pki/x.ts", "crypto.getRandomValues(a);", /uses crypto\.getRandomValues/],
  ["an exit of a command", "commands/x.ts", "Deno.exit(1);", /only main\.ts exits/],
  ["an exit of the library", "lib/client/x.ts", "process.exit(1);", /only main\.ts exits/],
];

for (const [rule, path, source, violation] of badSamples) {
  Deno.test(`the architecture's rules refuse ${rule}`, () => {
    const found = findViolations([parseSource(path, source)]);
    assert(
      found.some((line) => violation.test(line) && line.startsWith(path)),
      found.join("\n") || "nothing was found",
    );
  });
}

Deno.test("the architecture's rules refuse a cycle", () => {
  const files = [
    parseSource("lib/pki/a.ts", 'import { b } from "./b.ts";'),
    parseSource("lib/pki/b.ts", 'export { c } from "./c.ts";'),
    parseSource("lib/pki/c.ts", 'import type { A } from "./a.ts";'),
  ];
  assert.deepEqual(findViolations(files), [
    "cycle: lib/pki/a.ts → lib/pki/b.ts → lib/pki/c.ts → lib/pki/a.ts",
  ]);
});

Deno.test("the architecture's rules accept what the design allows", () => {
  const good: [string, string][] = [
    [
      "lib/pki/x.ts",
      'import { a } from "../crypto/mod.ts"; import { b } from "./y.ts"; import { c } from "node:crypto";',
    ],
    ["lib/pki/z.ts", 'await import("@peculiar/x509"); new Date(5); const text = "Deno.exit";'],
    ["lib/client/x.ts", 'import "../mls/mod.ts"; setTimeout(f, 1); Date.now(); Deno.readTextFile("x");'],
    ["lib/crypto/random.ts", "crypto.getRandomValues(a);"],
    ["commands/x.ts", 'import "../lib/client/mod.ts"; import "@optique/core/parser"; // Deno.exit(1)'],
    ["main.ts", "Deno.exit(1);"],
  ];
  assert.deepEqual(findViolations(good.map(([path, source]) => parseSource(path, source))), []);
});
