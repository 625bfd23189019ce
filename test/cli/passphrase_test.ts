import assert from "node:assert/strict";
import { defineCommand } from "../../commands/command.ts";
import { reportFailure } from "../../commands/failure.ts";
import { newPassphraseOptions, readNewPassphrase, readPassphrase } from "../../commands/passphrase.ts";
import { runCommand } from "../../commands/run_command.ts";
import { FakeIo } from "../support/fake_io.ts";

function ask(which: "new" | "existing", args: string[], io: FakeIo) {
  let passphrase: string | undefined;
  const read = { new: readNewPassphrase, existing: readPassphrase }[which];
  const command = defineCommand({
    examples: [{ line: "parley own", does: "Test" }],
    parser: newPassphraseOptions,
    async execute(values, context) {
      const bytes = await read(values, context, "the key");
      passphrase = bytes && new TextDecoder().decode(bytes);
    },
  });
  return runCommand("parley own", "Own", command, args, io)
    .catch((error) => reportFailure(io, false, error))
    .then((code) => ({ code, passphrase, stderr: io.stderr.text }));
}

const fdWith = (text: string) => {
  const io = new FakeIo();
  io.fds.set(3, new TextEncoder().encode(text));
  return io;
};

Deno.test("readNewPassphrase() takes the first line of a file or descriptor", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "päss word\r\nmore\n");
    assert.equal((await ask("new", ["--passphrase-file", file], new FakeIo())).passphrase, "päss word");
  } finally {
    await Deno.remove(file);
  }
  assert.equal((await ask("existing", ["--passphrase-fd", "3"], fdWith("secret"))).passphrase, "secret");
});

Deno.test("readNewPassphrase() gives none with --no-passphrase", async () => {
  const { code, passphrase } = await ask("new", ["--no-passphrase"], new FakeIo());
  assert.deepEqual([code, passphrase], [0, undefined]);
});

Deno.test("readNewPassphrase() refuses contradictions, nothing, and too much", async () => {
  const cases: [string[], FakeIo, RegExp][] = [
    [["--no-passphrase", "--passphrase-fd", "3"], fdWith("x"), /contradicts/],
    [["--passphrase-file", "f", "--passphrase-fd", "3"], fdWith("x"), /contradicts/],
    [["--passphrase-fd", "3"], fdWith("\n"), /the passphrase is empty/],
    [["--passphrase-fd", "3"], fdWith("x".repeat(5000)), /at most 4096 bytes/],
    [
      [],
      new FakeIo(),
      /no terminal to ask at\nparley: hint: give it with --no-passphrase, --passphrase-file or/,
    ],
  ];
  for (const [args, io, expected] of cases) {
    const { code, stderr } = await ask("new", args, io);
    assert.equal(code, 2);
    assert.match(stderr, expected);
  }
});

Deno.test("readNewPassphrase() asks twice at a terminal and echoes nothing", async () => {
  const io = new FakeIo({ terminal: true });
  io.stdin.type("secrez\x7ft\r");
  io.stdin.type("secret\r");
  const { code, passphrase, stderr } = await ask("new", [], io);
  assert.deepEqual([code, passphrase], [0, "secret"]);
  assert.equal(stderr, "New passphrase for the key: \nAgain: \n");
  assert.deepEqual([io.stdout.text, io.stdin.raw], ["", false]);
});

Deno.test("readNewPassphrase() keeps what is typed ahead for the next question", async () => {
  const io = new FakeIo({ terminal: true });
  io.stdin.type("secret\rsecret\r");
  assert.equal((await ask("new", [], io)).passphrase, "secret");
});

Deno.test("readNewPassphrase() refuses two that differ", async () => {
  const io = new FakeIo({ terminal: true });
  io.stdin.type("one\r");
  io.stdin.type("two\r");
  const { code, stderr } = await ask("new", [], io);
  assert.equal(code, 2);
  assert.match(stderr, /the two passphrases differ/);
});

Deno.test("readPassphrase() ends with 130 on Ctrl-C and restores the terminal", async () => {
  const io = new FakeIo({ terminal: true });
  io.stdin.type("hal\x03");
  const { code, stderr } = await ask("existing", [], io);
  assert.deepEqual([code, stderr, io.stdin.raw], [130, "Passphrase of the key: \n", false]);
});
