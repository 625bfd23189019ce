import assert from "node:assert/strict";
import { join } from "node:path";
import { run } from "../../main.ts";
import { FakeIo } from "./fake_io.ts";
import { splitWords } from "./split_words.ts";

/**
 * Runs a golden script in an empty folder and compares what every command does with what the script says.
 * Lines of a script:
 *
 *     $ parley …        runs a command; what follows belongs to it, until an empty line
 *     text              a line of its standard output
 *     ! text            a line of its standard error
 *     [N]               its exit code, where that is not 0
 *     @ file F MODE     a file has that mode, in octal
 *     @ begins F TEXT   a file begins with a text
 *     @ none F          there is no such file
 *     @ write F TEXT    writes a file (before the command, without an empty line between)
 *     # text            a comment
 *
 * What differs from run to run is written as CWD, FINGERPRINT, WORDS, SERIAL, HASH, TOKEN, TIME, DATE and PEM.
 *
 * @returns the number of commands that were run
 */
export async function runGoldenScript(script: string): Promise<number> {
  const cwd = await Deno.makeTempDir({ prefix: "parley-golden-" });
  try {
    const blocks = script.split(/\n\n+/).filter((block) => block.includes("$ "));
    for (const block of blocks) await runBlock(block, cwd);
    return blocks.length;
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

async function runBlock(block: string, cwd: string): Promise<void> {
  const lines = block.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const at = lines.findIndex((line) => line.startsWith("$ "));
  const expected = lines.slice(at + 1).filter((line) => !line.startsWith("@ "));
  for (const line of lines.slice(0, at)) await check(line, cwd);
  assert.deepEqual((await runLine(lines[at]!, cwd)).split("\n"), [lines[at]!, ...expected]);
  for (const line of lines.slice(at + 1)) if (line.startsWith("@ ")) await check(line, cwd);
}

async function runLine(line: string, cwd: string): Promise<string> {
  const [program, ...args] = splitWords(line.slice("$ ".length));
  assert.equal(program, "parley");
  const io = new FakeIo({ cwd, stdin: "" });
  const code = await run(args, io);
  const shown = [
    line,
    ...splitLines(normalise(io.stdout.text, cwd)),
    ...splitLines(normalise(io.stderr.text, cwd)).map((line) => `! ${line}`),
    ...(code === 0 ? [] : [`[${code}]`]),
  ];
  return shown.join("\n");
}

function splitLines(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function normalise(text: string, cwd: string): string {
  return text.replaceAll(cwd, "CWD")
    .replace(/\bx[a-z]{4}(-[a-z]{5}){15}-[a-z]{4}x\b/g, "WORDS")
    .replace(/SHA256:[A-Za-z0-9+/]{43}/g, "FINGERPRINT")
    .replace(/\?ca=[\w-]{43}&t=[\w-]{22}/g, "?ca=HASH&t=TOKEN")
    .replace(/\b[0-9a-f]{64}\b/g, "HASH")
    .replace(/\b[0-9a-f]{32}\b/g, "SERIAL")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "TIME")
    .replace(/\d{4}-\d\d-\d\d/g, "DATE")
    .replace(/"-----BEGIN [A-Z ]+-----[^"]*"/g, '"PEM"');
}

async function check(line: string, cwd: string): Promise<void> {
  const [, verb, name = "", rest = ""] = /^@ (\w+) (\S+) ?(.*)$/.exec(line) ?? [];
  const path = join(cwd, name);
  switch (verb) {
    case "write":
      return await Deno.writeTextFile(path, rest);
    case "begins":
      return assert((await Deno.readTextFile(path)).startsWith(rest), line);
    case "none":
      return await assert.rejects(Deno.lstat(path), Deno.errors.NotFound, line);
    case "file": {
      const { mode, isFile } = await Deno.lstat(path);
      return assert.deepEqual([isFile, ((mode ?? 0) & 0o777).toString(8)], [true, rest], line);
    }
    default:
      throw new Error(`not a line of a golden script: ${line}`);
  }
}
