import assert from "node:assert/strict";
import * as v from "valibot";
import { readJsonFile, readTextFile, writeJsonFile } from "../../../lib/legacy/core/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

Deno.test("readJsonFile() reads what writeJsonFile() wrote, for its owner only", () =>
  inFolder((folder) => {
    const path = `${folder}/a.json`, schema = v.object({ names: v.array(v.string()) });
    assert.equal(readTextFile(path), undefined);
    assert.equal(readJsonFile(path, schema), undefined);
    writeJsonFile(path, { names: ["alice"] });
    assert.deepEqual(readJsonFile(path, schema), { names: ["alice"] });
    if (Deno.build.os !== "windows") assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    for (const text of ["", "{", "[]", '{"names":[1]}']) {
      Deno.writeTextFileSync(path, text);
      assert.throws(() => readJsonFile(path, schema), { code: "file-malformed" });
    }
  }));
