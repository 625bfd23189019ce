import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };

/** The repository. */
export const root: string = fileURLToPath(new URL("../", import.meta.url));

/** What runs on threads of its own; each is named by `new URL("./NAME.ts", import.meta.url)`. */
export const threads: readonly string[] = ["lib/client/files/content_hash_thread.ts"];

/** The runtime's permissions, settings and features that the program has: those of the task that runs it from source. */
export const runtimeFlags: readonly string[] = [
  ...config.tasks.parley.split(" ").filter((one) => /^--(no-prompt|allow-.*|v8-flags=.*)$/.test(one)),
  ...config.unstable.map((feature) => `--unstable-${feature}`),
];

/**
 * Bundles the program into a folder: `main.js`, a chunk for each part that is loaded on demand and a file for each
 * thread, minified, with the names of functions and classes. Returns the source files that went in, as paths from the
 * repository's root, or `npm:NAME/…` for those of packages.
 */
export async function bundleProgram(folder: string): Promise<string[]> {
  const args = ["bundle", "--quiet", "--platform=deno", "--code-splitting", "--minify", "--keep-names"];
  const left = (await unusedPackages()).flatMap((name) => ["--external", name]);
  const out = ["--sourcemap=external", `--outdir=${folder}`];
  await runDeno([...args, ...left, ...out, "main.ts"]);
  await removeOrphans(folder);
  for (const thread of threads) {
    await runDeno([...args, ...out, thread]);
    await rename(folder, `"./${basename(thread)}"`, `"./${basename(thread, ".ts")}.js"`);
  }
  await provideRequire(folder);
  const sources = new Set<string>();
  for (const name of await listNames(folder)) {
    if (!name.endsWith(".map")) continue;
    const path = `${folder}/${name}`;
    const map: { sources: string[] } = JSON.parse(await Deno.readTextFile(path));
    for (const source of map.sources) sources.add(nameSource(source, folder));
    await Deno.remove(path);
  }
  return [...sources].sort();
}

/** Removes the chunks that nothing loads any more, since the code that did was never called and is gone. */
async function removeOrphans(folder: string): Promise<void> {
  const names = await listNames(folder);
  const reached = new Set(["main.js"]);
  for (const name of reached) {
    const text = await Deno.readTextFile(`${folder}/${name}`);
    for (const other of names) if (other.endsWith(".js") && text.includes(`"./${other}"`)) reached.add(other);
  }
  for (const name of names) {
    if (!reached.has(name.replace(/\.map$/, ""))) await Deno.remove(`${folder}/${name}`);
  }
}

/** Names a thread's file as it is called here, in whatever starts it. */
async function rename(folder: string, from: string, to: string): Promise<void> {
  let found = 0;
  for (const name of await listNames(folder)) {
    const path = `${folder}/${name}`;
    const text = await Deno.readTextFile(path);
    if (!name.endsWith(".js") || !text.includes(from)) continue;
    await Deno.writeTextFile(path, text.replaceAll(from, to));
    found++;
  }
  if (found === 0) throw new Error(`nothing starts the thread ${from}`);
}

/** CommonJS packages ask for the runtime's own modules with `require`, which a module does not have by itself. */
async function provideRequire(folder: string): Promise<void> {
  for (const name of await listNames(folder)) {
    const path = `${folder}/${name}`;
    const text = await Deno.readTextFile(path);
    if (name.endsWith(".js") && text.includes("Dynamic require of")) {
      await Deno.writeTextFile(path, REQUIRE + text);
    }
  }
}

const REQUIRE =
  'import{createRequire as makeRequire}from"node:module";var require=makeRequire(import.meta.url);\n';

async function listNames(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

/** Runs the Deno that runs this, in the repository; its standard error is the error's message. */
export async function runDeno(args: string[], env: Record<string, string> = {}): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd: root, env: { NO_COLOR: "1", ...env } });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`deno ${args[0]} failed: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout) + decoder.decode(stderr);
}

/**
 * Packages that only the default provider of ts-mls loads, by `import()`: parley has a provider of its own. They
 * are left out of the bundle unless a source of the program imports them.
 */
async function unusedPackages(): Promise<string[]> {
  const sources = await readSources([`${root}main.ts`, `${root}commands`, `${root}lib`]);
  return DEFAULT_PROVIDER_PACKAGES
    .filter((name) => !sources.includes(`"${name}"`) && !sources.includes(`"${name}/`));
}

const DEFAULT_PROVIDER_PACKAGES = [
  "@hpke/hybridkem-x-wing",
  "@noble/ciphers",
  "@noble/curves",
  "@noble/post-quantum",
];

async function readSources(paths: string[]): Promise<string> {
  const texts = paths.map(async (path): Promise<string> => {
    if ((await Deno.stat(path)).isFile) return path.endsWith(".ts") ? await Deno.readTextFile(path) : "";
    const inside: string[] = [];
    for await (const { name } of Deno.readDir(path)) inside.push(`${path}/${name}`);
    return await readSources(inside);
  });
  return (await Promise.all(texts)).join("\n");
}

/** The bundler writes paths relative to the folder; packages lie in a cache, HOST/NAME/VERSION/…. */
function nameSource(source: string, folder: string): string {
  const path = new URL(source, `file://${folder}/`).pathname;
  if (path.startsWith(root)) {
    const inside = path.slice(root.length);
    return inside.startsWith("node_modules/")
      ? `npm:${inside.slice(inside.lastIndexOf("node_modules/") + 13)}`
      : inside;
  }
  const cached = /\/npm\/[^/]+\/(.*)$/.exec(path);
  return cached === null ? path : `npm:${cached[1]}`;
}
