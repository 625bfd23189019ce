import assert from "node:assert/strict";
import { runGoldenScript } from "../support/golden_script.ts";

const folder = new URL("golden/", import.meta.url);
const commandsOf: Record<string, number> = {
  "ca.txt": 16,
  "ca_sign.txt": 49,
  "keygen.txt": 12,
  "keygen_in.txt": 25,
};

for (const [name, commands] of Object.entries(commandsOf)) {
  Deno.test(`parley does what golden/${name} says`, async () => {
    assert.equal(await runGoldenScript(await Deno.readTextFile(new URL(name, folder))), commands);
  });
}

Deno.test("every golden script is run", async () => {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  assert.deepEqual(names.sort(), Object.keys(commandsOf).sort());
});

Deno.test("a golden script that is wrong fails", async () => {
  const wrong = [
    "$ parley --version\nparley 0",
    "$ parley frobnicate",
    "$ parley keygen --out k\nFINGERPRINT\n@ file k 644",
    "$ parley keygen --out k\nFINGERPRINT\n@ none k",
    "$ parley keygen --out k\nFINGERPRINT\n! more",
  ];
  for (const script of wrong) await assert.rejects(runGoldenScript(script), assert.AssertionError);
});
