import assert from "node:assert/strict";
import { UsageError } from "../../../lib/errors/mod.ts";
import { WorkingFolder } from "../../../lib/legacy/core/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

Deno.test("WorkingFolder lists, finds, deletes and moves, and tells files from folders", () =>
  inFolder((dir) => {
    Deno.mkdirSync(`${dir}/sub`);
    Deno.writeTextFileSync(`${dir}/sub/b`, "");
    Deno.writeTextFileSync(`${dir}/sub/a`, "");
    const folder = new WorkingFolder(dir);
    assert.deepEqual(folder.names(), ["sub"]);
    assert.throws(() => folder.file("sub"), isRefusal("not-a-file"));
    assert.equal(folder.change("sub"), `${dir}/sub`);
    assert.deepEqual(folder.names(), ["a", "b"]);
    assert.throws(() => folder.change("a"), isRefusal("not-a-folder"));
    assert.equal(folder.remove("a"), `${dir}/sub/a`);
    assert.throws(() => folder.file("a"), isRefusal("no-such-file"));
    assert.equal(folder.file("b"), `${dir}/sub/b`);
  }));

function isRefusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof UsageError && error.code === code;
}
