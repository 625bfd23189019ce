import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { parseReport } from "../../lib/bench/mod.ts";
import { parseLines } from "../support/parley.ts";
import { run } from "../../main.ts";
import { FakeIo } from "../support/fake_io.ts";
import { inFolder } from "../support/in_folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** The arguments of `deno` in the task that users run. */
const taskArguments = config.tasks.bench.command.split(" ").slice(1)
  .map((one) => one === "main.ts" ? `${root}main.ts` : one);

function start(args: string[], denoArguments = taskArguments): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [...denoArguments, ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function bench(args: string[], denoArguments?: string[]) {
  const { code, stdout, stderr } = await start(args, denoArguments).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

Deno.test("parley bench measures, writes report and chart, and compares", () =>
  inFolder(async (folder) => {
    const report = `${folder}/r.json`, svg = `${folder}/r.svg`;
    const quick = ["group", "--clients", "2", "--duration", "0.02"];
    const first = await bench([...quick, "--report", report, "--svg", svg]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^group: [^]+1 writer to 2 members, window 8 +█/);
    assert.equal(first.stderr, "");
    const { measurements, complete } = parseReport(await Deno.readTextFile(report));
    assert(complete && measurements.length === 10);
    assert.match(await Deno.readTextFile(svg), /^<svg /);

    const second = await bench([...quick, "--json", "--compare", report, "--size", "512"]);
    assert.equal(second.code, 0, second.stderr);
    const types = parseLines(second.stdout).map(({ type }) => type);
    assert.deepEqual(types, [...Array(10).fill("measurement"), ...Array(10).fill("comparison")]);
    assert.match(second.stderr, /made under other circumstances: size: 1024 before, 512 now/);
  }));

Deno.test("parley bench prints what is done when it is stopped", () =>
  inFolder(async (folder) => {
    const io = new FakeIo({ cwd: folder, terminal: true });
    const running = run(["bench", "crypto", "--duration", "0.01", "--report", "r.json"], io);
    await io.stderr.until((text) => text.includes("measuring AES-128-GCM"));
    io.stop("SIGINT");
    assert.equal(await running, 130);
    assert.match(io.stdout.text, /SHA-512, 1 KiB +█/);
    assert(!io.stdout.text.includes("X-Wing"));
    assert.equal(parseReport(await Deno.readTextFile(`${folder}/r.json`)).complete, false);
  }));

Deno.test("parley bench says how it gets the permission that it lacks", async () => {
  const without = taskArguments.filter((one) => one !== "--allow-run");
  const { code, stdout, stderr } = await bench(["relay"], without);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /error: this benchmark needs several processes[^]+hint: run it as deno task bench/);
});

Deno.test("parley bench refuses a report that it cannot read before it measures", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/x.json`, "{}");
    const io = new FakeIo({ cwd: folder });
    assert.equal(await run(["bench", "crypto", "--compare", "x.json"], io), 3);
    assert.match(io.stderr.text, /error: this is no report of parley bench/);
    const missing = new FakeIo({ cwd: folder });
    assert.equal(await run(["bench", "crypto", "--compare", "y.json"], missing), 2);
    assert.match(missing.stderr.text, /error: there is no file .*\/y\.json/);
  }));

Deno.test("parley bench hides the option for its own parts and refuses sizes out of range", async () => {
  const help = new FakeIo();
  assert.equal(await run(["bench", "--help"], help), 0);
  assert(!help.stdout.text.includes("--part"));
  for (
    const args of [["--size", "23"], ["relay", "--size", "61441"], ["--duration", "0"], ["--clients", "0"], [
      "x",
    ]]
  ) {
    assert.equal(await run(["bench", ...args], new FakeIo()), 2, args.join(" "));
  }
});
