import { posix } from "node:path";
import type { SourceFile, SourceImport } from "./source_file.ts";

/** The rooms of lib/ and what each may import: the table of the design. */
export const roomArrows: Record<string, readonly string[]> = {
  errors: [],
  bytes: ["errors"],
  crypto: ["bytes", "errors"],
  pki: ["crypto", "bytes", "errors"],
  wire: ["bytes", "errors"],
  mls: ["pki", "crypto", "bytes", "errors"],
  store: ["wire", "pki", "crypto", "bytes", "errors"],
  transport: ["wire", "pki", "crypto", "bytes", "errors"],
  agent: ["crypto", "bytes", "errors"],
  relay: ["transport", "store", "wire", "pki", "crypto", "bytes", "errors"],
  client: ["transport", "store", "mls", "wire", "pki", "crypto", "bytes", "errors"],
  legacy: ["transport", "wire", "pki", "crypto", "bytes", "errors"],
};

/** `bench/` may import every room. */
const ROOMS_ABOVE = ["bench"];
const PURE_ROOMS = ["errors", "bytes", "crypto", "pki", "wire", "mls"];
/** Native primitives for small synchronous operations, and the views of bytes that they take. */
const PURE_BUILTINS = ["node:buffer", "node:crypto", "node:zlib"];
const PURE_BANS =
  /^(globalThis\.)?(Deno(\..*)?|fetch|WebSocket|Worker|EventSource|setTimeout|setInterval|Date\.now|new Date\(\)|Math\.random|performance\..*|process(\..*)?|crypto\.(getRandomValues|randomUUID))$/;
/** The one place of the pure rooms that has randomness of its own: the source that callers pass in. */
const SYSTEM_RANDOM = "lib/crypto/random.ts";

/** Which folder a library may be imported in, and in no other. */
const LIBRARY_DOORS: [RegExp, string | undefined][] = [
  [/^ts-mls(\/|$)/, "lib/mls/"],
  [/^(@peculiar\/|reflect-metadata$)/, "lib/pki/"],
  [/^cbor-x(\/|$)/, "lib/bytes/"],
  [/^(@optique|@clack)\//, "commands/"],
  [/^node:sqlite$/, "lib/store/"],
  // JavaScript cryptography is for differential tests, and for classic modes that nothing native has.
  [/^@noble\//, "lib/legacy/"],
  [/^@hpke\//, undefined],
];

/** Returns every violation of the rules in these files, one line each. */
export function findViolations(files: readonly SourceFile[]): string[] {
  const found = files.flatMap((file) => [
    ...file.imports.flatMap((one) => checkImport(file.path, one)),
    ...checkGlobals(file),
  ]);
  return [...found, ...findCycles(files)];
}

/** Returns what is wrong with the tasks of deno.json: none may ask for all permissions. */
export function findTaskViolations(tasks: Record<string, string | { command: string }>): string[] {
  return Object.entries(tasks).flatMap(([name, task]) => {
    const command = typeof task === "string" ? task : task.command;
    return /(^|\s)(-A|--allow-all|-[a-zA-Z]*A[a-zA-Z]*)(\s|$)/.test(command)
      ? [`task ${name}: asks for all permissions`]
      : [];
  });
}

function checkImport(path: string, { specifier, dynamic }: SourceImport): string[] {
  if (specifier === "(computed)") return dynamic ? [`${path}: imports what no reader can tell`] : [];
  if (specifier.startsWith(".")) return checkRelative(path, posix.join(posix.dirname(path), specifier));
  const room = roomOf(path);
  if (/^(jsr|https?|npm|file):/.test(specifier)) return [`${path}: imports ${specifier}, not a bare name`];
  if (
    room !== undefined && PURE_ROOMS.includes(room) && specifier.startsWith("node:") &&
    !PURE_BUILTINS.includes(specifier)
  ) {
    return [`${path}: ${room} does no I/O and imports ${specifier}`];
  }
  return LIBRARY_DOORS
    .filter(([library, door]) => library.test(specifier) && (door === undefined || !path.startsWith(door)))
    .map(([, door]) => `${path}: ${specifier} is for ${door ?? "tests"} only`);
}

function checkRelative(path: string, target: string): string[] {
  const from = roomOf(path), to = roomOf(target);
  if (target.startsWith("test/")) return [`${path}: imports the test ${target}`];
  if (to === undefined) {
    return from === undefined || target === "deno.json" ? [] : [`${path}: the library imports ${target}`];
  }
  if (from === to) {
    return target === `lib/${to}/mod.ts` ? [`${path}: goes through the door of its own room`] : [];
  }
  if (target !== `lib/${to}/mod.ts`) return [`${path}: imports ${target} past the door of ${to}`];
  if (from === undefined || ROOMS_ABOVE.includes(from)) return [];
  const arrows = roomArrows[from];
  if (arrows === undefined) return [`${path}: ${from} is no room of the design`];
  return arrows.includes(to) ? [] : [`${path}: ${from} may not import ${to}`];
}

function checkGlobals({ path, globals }: SourceFile): string[] {
  const room = roomOf(path);
  const found: string[] = [];
  if (path !== "main.ts" && globals.some((name) => /^(Deno|process)\.exit$/.test(name))) {
    found.push(`${path}: only main.ts exits`);
  }
  if (room === undefined || !PURE_ROOMS.includes(room)) return found;
  const banned = new Set(globals.filter((name) => PURE_BANS.test(name)));
  if (path === SYSTEM_RANDOM) banned.delete("crypto.getRandomValues");
  return [...found, ...[...banned].map((name) => `${path}: ${room} is pure and uses ${name}`)];
}

function roomOf(path: string): string | undefined {
  return /^lib\/([^/]+)\//.exec(path)?.[1];
}

/** Finds cycles of static imports, those of types included. */
function findCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(files.map(({ path, imports }) => [
    path,
    imports.filter(({ specifier, dynamic }) => specifier.startsWith(".") && !dynamic)
      .map(({ specifier }) => posix.join(posix.dirname(path), specifier)),
  ]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) return void cycles.push(`cycle: ${[...trail.slice(start), path].join(" → ")}`);
    if (done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}
