import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { object } from "@optique/core/constructs";
import { type CommandContext, defineCommand } from "../../commands/command.ts";
import { runCommand } from "../../commands/run_command.ts";
import { reportFailure } from "../../commands/failure.ts";
import { StoppedError } from "../../commands/io.ts";
import { run } from "../../main.ts";
import { FakeIo, type FakeIoOptions } from "../support/fake_io.ts";

async function runFake(args: string[], options?: FakeIoOptions) {
  const io = new FakeIo(options);
  return { code: await run(args, io), stdout: io.stdout.text, stderr: io.stderr.text };
}

function runOwn(execute: (context: CommandContext) => Promise<void | number>, stopsItself = false) {
  const io = new FakeIo();
  const command = defineCommand({
    examples: [{ line: "parley own", does: "Test" }],
    parser: object({}),
    stopsItself,
    execute: (_values, context) => execute(context),
  });
  const code = runCommand("parley own", "Own", command, [], io).catch((error) =>
    reportFailure(io, false, error)
  );
  return { io, code };
}

Deno.test("run() prints the version of deno.json", async () => {
  const expected = { code: 0, stdout: `parley ${config.version}\n`, stderr: "" };
  assert.deepEqual(await runFake(["--version"]), expected);
  assert.deepEqual(await runFake(["-V"]), expected);
  assert.deepEqual(await runFake(["--quiet", "--home", "x", "--version"]), expected);
  for (const args of [["--json", "--version"], ["--version", "--json"]]) {
    const { code, stdout } = await runFake(args);
    assert.deepEqual([code, JSON.parse(stdout)], [0, { type: "version", version: config.version }]);
  }
});

Deno.test("run() lists the commands on standard output where asked, else on standard error with exit code 2", async () => {
  const asked = await runFake(["--help"]);
  assert.equal(asked.code, 0);
  assert.match(asked.stdout, /^ {2}keygen +Make a key pair, or /m);
  const bare = await runFake([]);
  assert.deepEqual(bare, { code: 2, stdout: "", stderr: asked.stdout });
  assert.match((await runFake(["ca", "--help"])).stdout, /^Usage: parley ca COMMAND …$/m);
  assert.equal((await runFake(["ca"])).code, 2);
  assert.deepEqual(await runFake(["help"]), asked);
  assert.match((await runFake(["help", "ca", "init"])).stdout, /^Usage: parley ca init/m);
});

Deno.test("run() suggests the command that was meant", async () => {
  assert.deepEqual(await runFake(["kegyen"]), {
    code: 2,
    stdout: "",
    stderr: 'parley: error: parley has no command "kegyen"\nparley: hint: did you mean parley keygen?\n',
  });
  assert.match((await runFake(["ca", "invit"])).stderr, /did you mean parley ca invite\?/);
  assert.match((await runFake(["frobnicate"])).stderr, /hint: parley --help lists the commands/);
});

Deno.test("run() explains wrong arguments in clauses, with the option that was meant", async () => {
  const cases: [string[], RegExp][] = [
    [
      ["keygen", "--forse"],
      /error: unexpected option or argument: "--forse"\nparley: hint: did you mean .*`--force`/,
    ],
    [["keygen", "--alg", "x"], /error: `--alg`: expected one of "ed25519"/],
    [["keygen", "--out"], /error: `--out` requires `PATH`/],
    [["ca", "issue"], /error: missing option `--server`\nparley: hint: parley ca issue --help/],
    [["ca", "invite", "--relay", "x:1", "a", "b"], /error: unexpected option or argument: "b"/],
    [["ca", "crl", "--days", "0"], /error: `--days`: expected a value greater than or equal to 1/],
    [["ca", "revoke"], /error: what to revoke is missing/],
    [["status"], /error: ID is missing\n/],
    [["files", "get"], /error: ID is missing\n/],
    [["group", "add", "team"], /error: USER is missing\n/],
    [
      ["--loud", "send"],
      /error: parley has no option "--loud" before a command\nparley: hint: parley --help/,
    ],
    [["history", "bob", "--usage"], /error: --usage is about all conversations\n/],
    [
      ["devices", "link", "--device", "x", "--expires", "8d"],
      /error: an invite by a device .* a week at most\n/,
    ],
    [["enroll"], /error: where and as whom to enrol is not said\n/],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await runFake(args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, expected);
  }
});

Deno.test("run() shows choices and defaults in a command's help, and a span of time in its greatest unit", async () => {
  const { stdout } = await runFake(["agent", "--help"], { columns: 100 });
  assert.match(stdout, /^Usage: parley agent \[--timeout TIME\] /m);
  assert.match(stdout, /for this time \(default: 15m\)$/m);
  assert.match((await runFake(["export", "--help"])).stdout, /\(one of jsonl, html; default: jsonl\)/);
  assert.match((await runFake(["serve", "--help"])).stdout, /\(default:\s+127\.0\.0\.1:7443\)/);
});

Deno.test("run() takes global options before and after the command's name", async () => {
  for (const args of [["--json", "ca", "list"], ["ca", "--json", "list"], ["ca", "list", "--json"]]) {
    const { code, stderr } = await runFake(["--home", "/nowhere", ...args]);
    assert.equal(code, 2);
    const error = JSON.parse(stderr);
    assert.deepEqual([error.type, error.code], ["error", "ca-missing"]);
    assert.match(error.message, /^\/nowhere\/ca /);
  }
});

Deno.test("run() says with exit code 2 that a file or folder is missing that the arguments name", async () => {
  const cases = [
    ["ca", "show", "none"],
    ["ca", "sign", "none"],
    ["ca", "renew", "none"],
    ["keygen", "--in", "none"],
    ["keygen", "--passphrase-file", "none"],
    ["restore", "none", "--passphrase-file", "none"],
    ["serve", "--profile", "dh-aes", "--dir", "none", "--port", "0"],
  ];
  for (const args of cases) {
    const { code, stdout, stderr } = await runFake(args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, /error: there is no (file|folder) \S*\/none$/m, args.join(" "));
  }
});

Deno.test("run() takes what follows a double dash for no option", async () => {
  const { code, stderr } = await runFake(["ca", "revoke", "--dir", "/nowhere", "--", "--help"]);
  assert.equal(code, 2);
  assert.doesNotMatch(stderr, /unexpected option/);
});

Deno.test("run() ends quietly with 141 when nobody reads its output", async () => {
  const io = new FakeIo();
  io.stdout.write = () => {
    throw new StoppedError("SIGPIPE");
  };
  assert.equal(await run(["--help"], io), 141);
  assert.equal(io.stderr.text, "");
});

Deno.test("runCommand() ends a command at once on Ctrl-C", async () => {
  const { io, code } = runOwn(() => new Promise(() => {}));
  io.stop("SIGINT");
  assert.equal(await code, 130);
  assert.deepEqual([io.stderr.text, io.listeners], ["", 0]);
});

Deno.test("runCommand() lets a command that stops itself finish, until it is asked again", async () => {
  const server = (context: CommandContext) =>
    new Promise<void>((resolve) => context.signal.addEventListener("abort", () => resolve()));
  const finishing = runOwn(server, true);
  finishing.io.stop("SIGTERM");
  assert.equal(await finishing.code, 0);
  const stuck = runOwn(() => new Promise(() => {}), true);
  stuck.io.stop("SIGTERM");
  stuck.io.stop("SIGINT");
  assert.equal(await stuck.code, 130);
  const throwing = runOwn((context) =>
    new Promise((_resolve, reject) => {
      context.signal.addEventListener("abort", () => reject(context.signal.reason));
    }), true);
  throwing.io.stop("SIGTERM");
  assert.equal(await throwing.code, 143);
});

Deno.test("runCommand() returns the code that a command gives", async () => {
  assert.equal(await runOwn(() => Promise.resolve(6)).code, 6);
  assert.equal(await runOwn(() => Promise.resolve()).code, 0);
  assert.equal(await runOwn(() => Promise.reject(new Deno.errors.NotFound("x"))).code, 5);
});
