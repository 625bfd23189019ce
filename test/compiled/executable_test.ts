import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { bundleProgram, root, runtimeFlags } from "../../.ci/bundle_program.ts";
import { writeSelfExtracting } from "../../.ci/self_extracting.ts";

/** All that the executable may need of a system; the system's C library aside. */
const TOOLS = "sh cut gzip mkdir mktemp mv rm sha256sum sync tail tar uname".split(" ");
const START_LIMIT_MS = 150;
const DEMO_LIMIT_MS = 120_000;

/** A folder with the executable, a PATH that holds no Deno, and a way to run it with a HOME of its own. */
class Machine implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Machine> {
    const machine = new Machine(await Deno.makeTempDir({ prefix: "parley-machine-" }));
    await Deno.mkdir(`${machine.folder}/bin`);
    for (const tool of TOOLS) {
      const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${tool}`] }).output();
      await Deno.symlink(new TextDecoder().decode(stdout).trim(), `${machine.folder}/bin/${tool}`);
    }
    return machine;
  }

  /** The environment of someone whose home folder is new. */
  async environment(): Promise<Record<string, string>> {
    const home = await Deno.makeTempDir({ dir: this.folder, prefix: "home-" });
    return { HOME: home, PATH: `${this.folder}/bin`, NO_COLOR: "1" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function run(program: string, args: string[], env: Record<string, string>, limitMs = 30_000) {
  const signal = AbortSignal.timeout(limitMs);
  const command = new Deno.Command(program, { args, env, clearEnv: true, stdin: "null", signal });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

const printsVersion = { code: 0, stdout: `parley ${config.version}\n`, stderr: "" };

Deno.test("the compiled executable does the whole job with an empty home and no Deno", async (test) => {
  await using machine = await Machine.create();
  const dist = `${machine.folder}/dist`, executable = `${dist}/parley`;
  const compile = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", `${root}.ci/compile.ts`];
  const built = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...compile, "--out", dist],
  })
    .output();
  assert(built.success, new TextDecoder().decode(built.stderr));

  await test.step("its checksum file names it", async () => {
    const [sum, name] = (await Deno.readTextFile(`${executable}.sha256`)).trim().split("  ");
    const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(executable));
    assert.deepEqual([sum, name], [new Uint8Array(hash).toHex(), "parley"]);
  });

  await test.step("it runs the demo", async () => {
    const env = { ...await machine.environment(), PARLEY_EXECUTABLE: executable };
    assert.notEqual((await run(`${machine.folder}/bin/sh`, ["-c", "command -v deno"], env)).code, 0);
    const allow = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-run"];
    const demo = fileURLToPath(new URL("../demo/demo.ts", import.meta.url));
    const { code, stdout, stderr } = await run(
      Deno.execPath(),
      ["run", "--no-prompt", ...allow, demo],
      env,
      DEMO_LIMIT_MS,
    );
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /the phone does not get this/);
  });

  await test.step("its doctor finds nothing wrong", async () => {
    const { code, stdout, stderr } = await run(executable, ["doctor"], await machine.environment());
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^ok {4}round trip/m);
  });

  await test.step("it has what its CommonJS packages require", async () => {
    // They were bundled without a `require`, and a profile that nothing else loads failed.
    const args = ["serve", "--profile", "elgamal", "--port", "0", "--quiet"];
    const env = await machine.environment();
    const signal = AbortSignal.timeout(30_000);
    const command = new Deno.Command(executable, {
      args,
      env,
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      signal,
    });
    const server = command.spawn();
    const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await lines.read();
    assert.match(value, /^listening on 127\.0\.0\.1:\d+\n/);
    server.kill("SIGTERM");
    while (!(await lines.read()).done);
    await server.status;
  });

  await test.step("it starts at once", async () => {
    const env = await machine.environment();
    await run(executable, ["--help"], env);
    for (const args of [["--version"], ["--help"]]) {
      const times: number[] = [];
      for (let round = 0; round < 7; round++) {
        const began = performance.now();
        assert.equal((await run(executable, args, env)).code, 0);
        times.push(performance.now() - began);
      }
      // The least of them: what other processes take away from the rest is not the executable's.
      const least = Math.min(...times);
      assert(least < START_LIMIT_MS, `parley ${args[0]} took ${least} ms`);
    }
  });
});

Deno.test("the self-extracting executable", async (test) => {
  await using machine = await Machine.create();
  const executable = `${machine.folder}/parley`;
  await bundleProgram(`${machine.folder}/bundle`);
  await writeSelfExtracting(executable, `${machine.folder}/bundle`);

  await test.step("may start a benchmark's processes, and only a benchmark's", async () => {
    const env = await machine.environment();
    const args = ["bench", "group", "--clients", "2", "--duration", "0.02", "--json"];
    const { code, stdout, stderr } = await run(executable, args, env);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /"type":"measurement"/);
    const header = new TextDecoder().decode((await Deno.readFile(executable)).subarray(0, 8192));
    assert.equal(header.split("--allow-run").length, 2);
    assert.match(header, /\[ "\$word" != bench \] \|\| exec .* --allow-run="\$dir\/deno" /);
  });

  await test.step("has the permissions of the task and no others", async () => {
    const start = new TextDecoder().decode((await Deno.readFile(executable)).subarray(0, 8192));
    const [header, flags = ""] = /^[^]* run (.*) "\$dir\/main\.js" "\$@"\n/.exec(start) ?? [];
    const granted = flags.split(" ").filter((flag) => /^--(v8-flags|allow|unstable|no-prompt)/.test(flag));
    assert(runtimeFlags.length > 5);
    assert.deepEqual(granted, runtimeFlags);
    await Deno.writeTextFile(`${machine.folder}/header`, header!);
    const { code, stderr } = await run(`${machine.folder}/bin/sh`, ["-n", `${machine.folder}/header`], {});
    assert.deepEqual([code, stderr], [0, ""]);
  });

  await test.step("can be started several times at once the first time", async () => {
    const env = await machine.environment();
    const starts = await Promise.all([1, 2, 3].map(() => run(executable, ["--version"], env)));
    assert.deepEqual(starts, [printsVersion, printsVersion, printsVersion]);
    const [sum] = await Array.fromAsync(Deno.readDir(`${env.HOME}/.cache/parley`));
    const names = await Array.fromAsync(Deno.readDir(`${env.HOME}/.cache/parley/${sum!.name}`));
    assert.deepEqual(names.filter(({ name }) => name.startsWith(".")), []);
  });

  await test.step("unpacks again what an interrupted start left", async () => {
    const env = await machine.environment();
    assert.deepEqual(await run(executable, ["--version"], env), printsVersion);
    const [sum] = await Array.fromAsync(Deno.readDir(`${env.HOME}/.cache/parley`));
    const folder = `${env.HOME}/.cache/parley/${sum!.name}`;
    await Deno.remove(`${folder}/complete`);
    await Deno.truncate(`${folder}/main.js`, 10);
    assert.deepEqual(await run(executable, ["--version"], env), printsVersion);
  });

  await test.step("refuses to run where it is damaged", async () => {
    const bytes = await Deno.readFile(executable);
    bytes[bytes.length - 1000]! ^= 1;
    await Deno.writeFile(`${machine.folder}/damaged`, bytes, { mode: 0o755 });
    const { code, stdout, stderr } = await run(
      `${machine.folder}/damaged`,
      ["--version"],
      await machine.environment(),
    );
    assert.deepEqual([code, stdout], [5, ""]);
    assert.match(stderr, /^parley: error: .*damaged is damaged.*\nparley: hint: fetch it again\n$/);
  });

  await test.step("says what is missing where there is no home", async () => {
    const { code, stderr } = await run(executable, ["--version"], { PATH: `${machine.folder}/bin` });
    assert.equal(code, 5);
    assert.match(stderr, /HOME is not set\nparley: hint: set XDG_CACHE_HOME/);
    const env = { PATH: `${machine.folder}/bin`, XDG_CACHE_HOME: `${machine.folder}/cache` };
    assert.deepEqual(await run(executable, ["--version"], env), printsVersion);
  });
});
