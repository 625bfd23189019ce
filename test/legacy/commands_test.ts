import assert from "node:assert/strict";
import { profileNameIn } from "../../commands/profile/profile_name.ts";
import { PROFILE_NAMES, profiles } from "../../lib/legacy/mod.ts";
import { inFolder } from "../support/in_folder.ts";
import { parley, parseLines, Running } from "../support/parley.ts";

async function listening(server: Running): Promise<string> {
  return /listening on (\S+)/.exec(await server.line((line) => line.startsWith("listening on")))![1]!;
}

Deno.test("ddes with real processes, in both dialects; stop at the server's terminal ends it", () =>
  inFolder(async (home) => {
    await Promise.all(["documented", "original"].map(async (dialect) => {
      const profile = ["--profile", "ddes", "--dialect", dialect];
      await using server = new Running(["serve", ...profile, "--port", "0"], home);
      const address = await listening(server);
      const sums = await parley(["connect", ...profile, address], home, "5\n7.5\nsum\nexit");
      assert.deepEqual([sums.code, sums.stdout], [0, "sum: 12.5\n"]);
      assert.match(sums.stderr, /meet in the middle/, "what is weak is said at the start");
      const sent = await parley(["send", ...profile, "--server", address, "2.5"], home);
      assert.equal(sent.code, 0, sent.stderr);
      await server.type("stop");
      const { code, stderr } = await server.ended();
      assert.equal(code, 0);
      assert.match(stderr, /meet in the middle/);
      const gone = await parley(["connect", ...profile, address, "--json"], home, "sum");
      assert.deepEqual([gone.code, JSON.parse(gone.stderr.split("\n").at(-2)!).code], [5, "connect-failed"]);
    }));
  }));

Deno.test("keyparts and ca-chat with real processes: keys, certificates, sending by script", () =>
  inFolder(async (home) => {
    const made = await parley(["ca", "init", "--dir", `${home}/ca`, "--name", "CA", "--no-passphrase"], home);
    assert.equal(made.code, 0, made.stderr);
    const issue = ["ca", "issue", "--profile", "keyparts", "--dir", `${home}/ca`, "--out", home];
    const issued = await parley(issue, home);
    assert.equal(issued.stdout.split("\n").length, 9, issued.stderr);
    assert.match(Deno.readTextFileSync(`${home}/client1_private.key`), /^-----BEGIN RSA PRIVATE KEY-----/);
    assert.equal((await parley(issue, home)).code, 2, "existing keys are not replaced");
    await Promise.all([keyparts(home), caChat(home)]);
  }));

async function keyparts(home: string): Promise<void> {
  const profile = ["--profile", "keyparts", "--dir", home];
  await using server = new Running(["serve", ...profile, "--ports", "0"], home);
  await server.count(3);
  const address = await listening(server);
  const connect = (id: string) => new Running(["connect", ...profile, "--as", id, address, "--json"], home);
  await using two = connect("client2");
  await using three = connect("client3");
  const sent = await parley(["send", ...profile, "--as", "client1", "--server", address, "hello"], home);
  assert.equal(sent.code, 0, sent.stderr);
  for (const client of [two, three]) {
    await client.line((line) => line.includes('"message"'));
    const message = parseLines(client.lines.join("\n")).find(({ type }) => type === "message");
    assert.equal(message?.text, "hello");
    await client.type("exit");
    assert.equal((await client.ended()).code, 0);
  }
  server.kill("SIGTERM");
  assert.equal((await server.ended()).code, 0);
}

async function caChat(home: string): Promise<void> {
  const [serverDir, clientDir] = [`${home}/server`, `${home}/client`];
  for (const dir of [serverDir, clientDir]) Deno.mkdirSync(dir);
  Deno.writeTextFileSync(`${home}/password`, "pw\n");
  await using server = new Running(
    ["serve", "--profile", "ca-chat", "--dir", serverDir, "--port", "0"],
    home,
  );
  const address = await listening(server);
  const profile = ["--profile", "ca-chat", "--dir", clientDir];
  await using bob = new Running(["connect", ...profile, address], home);
  for (const line of ["bob", "pw", "", "2"]) await bob.type(line);
  await bob.line((line) => line === "bob");
  const send = [
    "send",
    ...profile,
    "--as",
    "alice",
    "--server",
    address,
    "--passphrase-file",
    `${home}/password`,
  ];
  const sent = await parley([...send, "bob", "hello \x1b[31m"], home);
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal(await bob.line((line) => line.startsWith("alice:")), "alice: hello ␛[31m");
  const unknown = await parley([...send, "nobody", "hello"], home);
  assert.equal(unknown.code, 2, "there is no such user");
  for (const line of ["", "0"]) await bob.type(line);
  assert.equal((await bob.ended()).code, 0);
}

Deno.test("a classic system is served on loopback only, and its help says what is weak", () =>
  inFolder(async (home) => {
    const run = (...args: string[]) => parley(args, home);
    const [exposed, unknown, contradiction, nothing, setting, help] = await Promise.all([
      run("serve", "--profile", "ddes", "--listen", "0.0.0.0:0"),
      run("serve", "--profile", "dddes"),
      run("serve", "--profile", "ddes", "--port", "1", "--listen", "127.0.0.1:0"),
      run("keygen", "--profile", "ddes"),
      run("connect", "--profile", "keyparts", "--set", "pears=a,b"),
      run("serve", "--profile", "ddes", "--help"),
    ]);
    assert.equal(exposed.code, 2);
    assert.match(exposed.stderr, /--allow-insecure/);
    assert.match(unknown.stderr, /did you mean ddes/);
    assert.deepEqual([unknown.code, contradiction.code, nothing.code, setting.code], [2, 2, 2, 2]);
    assert.match(setting.stderr, /keyparts has no setting "pears"\n.*it has peers/);
    assert.match(help.stdout.replace(/\s+/g, " "), /double DES falls to a meet in the middle/);
    await using server = new Running(
      ["serve", "--profile", "ddes", "--listen", "0.0.0.0:0", "--allow-insecure"],
      home,
    );
    await listening(server);
  }));

Deno.test("every profile states ports, commands and what is weak, and docs/PROFILES.md says the same", async () => {
  const docs = Deno.readTextFileSync(new URL("../../docs/PROFILES.md", import.meta.url)).replace(/\s+/g, " ");
  assert.ok(PROFILE_NAMES.length >= 3);
  for (const name of PROFILE_NAMES) {
    const profile = await profiles[name]!();
    assert.equal(profile.name, name);
    assert.ok(
      profile.defaultPorts.length > 0 && profile.commands.length > 0 && profile.weaknesses.length > 0,
    );
    for (const [name, meaning] of Object.entries(profile.settings ?? {})) {
      assert.ok(docs.includes(`--set ${name}=${meaning}`), `docs/PROFILES.md lacks: --set ${name}`);
    }
    for (const { weak, instead } of profile.weaknesses) {
      assert.ok(docs.includes(weak), `docs/PROFILES.md lacks: ${weak}`);
      assert.ok(docs.includes(instead), `docs/PROFILES.md lacks: ${instead}`);
    }
  }
});

Deno.test("profileNameIn() finds the profile among the arguments", () => {
  assert.equal(profileNameIn(["--port", "1", "--profile", "ddes"]), "ddes");
  assert.equal(profileNameIn(["--profile=ddes", "x"]), "ddes");
  assert.equal(profileNameIn(["--profile"]), "");
  assert.equal(profileNameIn(["bob", "--", "--profile", "ddes"]), undefined);
  assert.equal(profileNameIn(["bob", "hello"]), undefined);
});
