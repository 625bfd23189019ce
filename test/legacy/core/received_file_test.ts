import assert from "node:assert/strict";
import { saveReceivedFile } from "../../../lib/legacy/core/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

Deno.test("saveReceivedFile() keeps a file in its folder and replaces none", () =>
  inFolder((folder) => {
    const names = [
      "a.txt",
      "a.txt",
      "../a.txt",
      "/etc/passwd",
      "..",
      "",
      ".hidden",
      "x\u0000\n.txt",
      "C:\\b.txt",
    ];
    const paths = names.map((name) => saveReceivedFile(`${folder}/in`, name, new Uint8Array(1)));
    assert.deepEqual(paths.map((path) => path.slice(`${folder}/in/`.length)), [
      "a.txt",
      "a (1).txt",
      "a (2).txt",
      "passwd",
      "_",
      "file",
      "_hidden",
      "x__.txt",
      "b.txt",
    ]);
    assert.equal([...Deno.readDirSync(`${folder}/in`)].length, names.length);
  }));
