import assert from "node:assert/strict";
import { run } from "../../main.ts";
import { FakeIo } from "../support/fake_io.ts";

async function complete(shell: string, ...words: string[]): Promise<string> {
  const io = new FakeIo();
  assert.equal(await run(["completion", shell, ...(words.length > 0 ? ["--", ...words] : [])], io), 0);
  assert.equal(io.stderr.text, "");
  return io.stdout.text;
}

Deno.test("parley completion prints a script for each shell that asks parley with the words so far", async () => {
  for (const shell of ["bash", "zsh", "fish", "pwsh", "nu"]) {
    const script = await complete(shell);
    assert(script.length > 500 && script.includes("completion") && script.includes(shell), shell);
    assert.match(script, /['"]?--['"]?/);
  }
});

Deno.test("parley completion offers commands, subcommands, options and values", async () => {
  const cases: [string[], string[]][] = [
    [["ca", "i"], ["init", "issue", "invite"]],
    [["--quiet", "comp"], ["completion"]],
    [["--h"], ["--help"]],
    [["ca", "revoke", "--rea"], ["--reason"]],
    [["ca", "init", "--alg", "e"], ["ed25519", "ecdsa-p256"]],
    [["ca", "crl", "--jso"], ["--json"]],
    [["no", "such"], []],
  ];
  for (const [words, expected] of cases) {
    const offered = await complete("bash", ...words);
    assert.deepEqual(offered.split("\n").filter(Boolean), expected, words.join(" "));
  }
});
