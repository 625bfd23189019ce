import assert from "node:assert/strict";
import { escapeRoff, formatParagraph } from "../../commands/man/roff.ts";
import { run } from "../../main.ts";
import { FakeIo } from "../support/fake_io.ts";
import { inFolder } from "../support/in_folder.ts";

async function output(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env: { LC_ALL: "C.UTF-8" } })
    .output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert(success, `${command} ${args.join(" ")}: ${text}`);
  return text;
}

Deno.test("escapeRoff() lets nothing be taken for a request", () => {
  assert.equal(escapeRoff(".x\n'y\na\\b --c"), "\\&.x\n\\&'y\na\\eb \\-\\-c");
  assert.equal(
    formatParagraph(`${"x".repeat(75)} .so /etc/passwd`),
    `${"x".repeat(75)}\n\\&.so /etc/passwd\n`,
  );
});

Deno.test("parley man --out writes a page for every command, and mandoc and man accept each", () =>
  inFolder(async (folder) => {
    const io = new FakeIo();
    assert.equal(await run(["man", "--out", folder], io), 0, io.stderr.text);
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    for (const name of ["parley.1", "parley-ca.1", "parley-ca-init.1", "parley-serve.1"]) {
      assert(names.includes(name));
    }
    const paths = names.map((name) => `${folder}/${name}`);
    assert.equal(await output("mandoc", ["-T", "lint", "-W", "style", ...paths]), "");
    const page = await output("man", ["-l", `${folder}/parley-serve.1`]);
    assert.match(page, /--listen HOST:PORT\s+Where\s+to\s+listen;\s+port\s+0\s+takes\s+a\s+free\s+one/);
    assert.match(page, /parley\s+serve\s+--ca\s+ca\s+--listen/);
  }));

Deno.test("parley man prints the page of a command, and refuses one that there is not", async () => {
  const io = new FakeIo();
  assert.equal(await run(["man", "ca", "issue"], io), 0);
  assert.match(io.stdout.text, /^\.TH PARLEY-CA-ISSUE 1 2026-01-02 "parley [\d.]+" "parley"\n/);
  const wrong = new FakeIo();
  assert.equal(await run(["man", "frobnicate"], wrong), 2);
  assert.match(wrong.stderr.text, /there is no command "frobnicate"/);
});
