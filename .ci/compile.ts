/**
 * Makes the executable: `dist/parley`, or with `--all` one for each platform. With `--out FOLDER` elsewhere.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { parseArgs } from "node:util";
import { bundleProgram, root, runDeno, runtimeFlags, threads } from "./bundle_program.ts";
import { writeSelfExtracting, writeSum } from "./self_extracting.ts";

/** Deno's names of the platforms, and the names of the files. */
const TARGETS: Record<string, string> = {
  "x86_64-unknown-linux-gnu": "parley-linux-x64",
  "aarch64-unknown-linux-gnu": "parley-linux-arm64",
  "x86_64-apple-darwin": "parley-macos-x64",
  "aarch64-apple-darwin": "parley-macos-arm64",
  "x86_64-pc-windows-msvc": "parley-windows-x64.exe",
};

/** How to compile. */
export interface CompileOptions {
  /** For which of Deno's platforms; default: this one. */
  target?: string;
  /** Environment variables for Deno, such as DENORT_BIN. */
  env?: Record<string, string>;
}

/** Compiles the bundled program in a folder. Returns what `deno compile` says, the list of embedded files in it. */
export async function compileProgram(
  folder: string,
  out: string,
  { target, env }: CompileOptions = {},
): Promise<string> {
  // What is loaded late would not be embedded.
  const flags = runtimeFlags.filter((flag) => flag !== "--unstable-lazy-dynamic-imports");
  const included = threads.map((thread) => `--include=${folder}/${basename(thread, ".ts")}.js`);
  const args = [
    "compile",
    "--no-config",
    "--no-lock",
    "--no-check",
    ...flags,
    ...included,
    `--output=${out}`,
  ];
  if (target !== undefined) args.push(`--target=${target}`);
  return await runDeno([...args, `${folder}/main.js`], env);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { all: { type: "boolean", default: false }, out: { type: "string", default: `${root}dist` } },
  });
  const folder = await Deno.makeTempDir({ prefix: "parley-bundle-" });
  try {
    await bundleProgram(folder);
    await Deno.mkdir(values.out, { recursive: true });
    return values.all ? await compileAll(folder, values.out) : await compileHere(folder, values.out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function compileHere(folder: string, dist: string): Promise<number> {
  const out = `${dist}/parley${Deno.build.os === "windows" ? ".exe" : ""}`;
  const problem = await tryToCompile(folder, out);
  if (problem !== undefined) {
    console.error(problem);
    console.error("building a self-extracting executable for this platform instead");
    await writeSelfExtracting(out, folder);
  }
  await report(out);
  return 0;
}

async function compileAll(folder: string, dist: string): Promise<number> {
  for (const [target, name] of Object.entries(TARGETS)) {
    const out = `${dist}/${name}`;
    const problem = await tryToCompile(folder, out, target);
    if (problem !== undefined) {
      console.error(problem);
      console.error("the other platforms cannot be built here; building for this one only");
      await compileHere(folder, dist);
      return 1;
    }
    await report(out);
  }
  return 0;
}

/** Returns what is wrong where only the base runtime is missing. */
async function tryToCompile(folder: string, out: string, target?: string): Promise<string | undefined> {
  // Deno does not overwrite what it has not made, such as a self-extracting executable.
  const fresh = await Deno.makeTempDir({ dir: dirname(out), prefix: ".compiling-" });
  try {
    const made = `${fresh}/${basename(out)}`;
    await compileProgram(folder, made, { ...(target !== undefined && { target }) });
    await Deno.rename(made, out);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes("Setting up base binary")) throw error;
    return "deno compile cannot download its base runtime, and DENORT_BIN names none";
  } finally {
    await Deno.remove(fresh, { recursive: true });
  }
}

async function report(out: string): Promise<void> {
  await writeSum(out);
  const { size } = await Deno.stat(out);
  console.log(`${out} (${(size / 1e6).toFixed(0)} MB), ${out}.sha256`);
}

if (import.meta.main) Deno.exit(await main());
