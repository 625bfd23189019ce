import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };

const root = fileURLToPath(new URL("../../", import.meta.url));
const LIMIT_MS = 20_000;

/** Runs a bash script in which `parley` is the command line with the permissions of the task. */
async function bash(script: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = config.tasks.parley.replace(/^deno /, `"${Deno.execPath()}" `).replace(
    "main.ts",
    `"${root}main.ts"`,
  );
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["--norc", "-c", `parley() { ${program} "$@"; }\n${script}`],
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("parley as a process writes all of its output into a pipe and exits with run()'s code", async () => {
  const { stdout, stderr } = await bash(`
    parley completion bash | wc -c
    parley frobnicate; echo "code $?"
    parley keygen | head -n 1; echo "codes \${PIPESTATUS[*]}"`);
  const [size, ...rest] = stdout.trim().split("\n");
  assert(Number(size) > 1000);
  assert.deepEqual(rest, ["code 2", "-----BEGIN PRIVATE KEY-----", "codes 0 0"]);
  assert.match(stderr, /^parley: error: parley has no command "frobnicate"$/m);
});

Deno.test("parley as a process ends quietly when its output is closed", async () => {
  // The reader closes the pipe first and opens the gate then.
  const { code, stderr } = await bash(`gate=$(mktemp -u) && mkfifo "$gate" &&
    { read -r < "$gate"; parley --help; echo "code $?" >&2; } | { exec 0<&-; echo > "$gate"; }
    rm "$gate"`);
  assert.deepEqual([code, stderr], [0, "code 141\n"]);
});

Deno.test("parley as a process reports a full disk as an error of storage", async () => {
  const { code, stderr } = await bash("parley --help > /dev/full");
  assert.equal(code, 5);
  assert.match(stderr, /^parley: error: No space left on device/);
});

Deno.test("parley as a process takes a passphrase from a descriptor", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { code, stderr } = await bash(
      `cd "${dir}" && parley keygen --out k --passphrase-fd 3 3<<<"correct horse" &&
      openssl pkey -in k -passin pass:"correct horse" -noout &&
      ! openssl pkey -in k -passin pass:wrong -noout 2>/dev/null`,
    );
    assert.deepEqual([code, stderr], [0, ""]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("the bash completion script is accepted by bash and completes commands, options and files", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/script`, (await bash("parley completion bash")).stdout);
    await Deno.mkdir(`${dir}/authority`);
    const { code, stdout, stderr } = await bash(`bash -n "${dir}/script" || exit
      cd "${dir}" && source ./script
      complete_line() {
        COMP_LINE="$1"; COMP_POINT=\${#1}; read -ra COMP_WORDS <<< "$1"
        case "$1" in *' ') COMP_WORDS+=("") ;; esac
        COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); COMPREPLY=()
        _parley; echo "\${COMPREPLY[@]}"
      }
      complete_line "parley ca i"
      complete_line "parley k"
      complete_line "parley --json ca rev"
      complete_line "parley keygen --al"
      complete_line "parley keygen --alg rsa-"
      complete_line "parley ca list --dir auth"
      complete_line "parley nothing "`);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(
      stdout.trimEnd().split("\n").map((line) => line.trim()),
      [
        "init issue invite",
        "keygen",
        "revoke",
        "--alg",
        "rsa-2048 rsa-3072 rsa-4096",
        "authority/",
        "",
      ].slice(0, -1),
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("parley as a process ends where not even its failure can be reported", async () => {
  // Without any variable of the environment it cannot find out how to report; that came back as a rejection, for ever.
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", `${root}main.ts`, "status"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  assert.equal(code, 70);
});

Deno.test("parley as a process loads what it needs when it needs it", async () => {
  // What is imported later must not be read at the start: it would be read for each command, even --version.
  assert(config.unstable.includes("lazy-dynamic-imports"));
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/commands`);
    for (const name of ["main.ts", "deno.json", "deno.lock", "commands/io.ts", "commands/system_io.ts"]) {
      await Deno.copyFile(`${root}${name}`, `${folder}/${name}`);
    }
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", `${folder}/main.ts`, "--version"],
      stdin: "null",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.match(new TextDecoder().decode(stdout), /^parley \d/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
