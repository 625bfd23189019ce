import assert from "node:assert/strict";
import { join } from "node:path";
import {
  fileIsThere,
  refuseExistingFiles,
  writeFileAtomically,
} from "../../lib/store/write_file_atomically.ts";
import { inFolder } from "../support/in_folder.ts";

Deno.test("writeFileAtomically() writes text and bytes with the mode asked for", async () => {
  await inFolder(async (dir) => {
    const path = join(dir, "file");
    writeFileAtomically(path, "héllo", { mode: 0o600 });
    assert.equal(await Deno.readTextFile(path), "héllo");
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    writeFileAtomically(path, Uint8Array.of(1, 2), { force: true });
    assert.deepEqual(await Deno.readFile(path), Uint8Array.of(1, 2));
    assert.deepEqual([...Deno.readDirSync(dir)].map((entry) => entry.name), ["file"]);
  });
});

Deno.test("writeFileAtomically() does not replace what is there, be it a link to nowhere", async () => {
  await inFolder(async (dir) => {
    const path = join(dir, "file"), link = join(dir, "link");
    writeFileAtomically(path, "first");
    await Deno.symlink(join(dir, "nowhere"), link);
    for (const taken of [path, link]) {
      assert.throws(() => writeFileAtomically(taken, "second"), { name: "UsageError", code: "file-exists" });
      assert.throws(() => refuseExistingFiles([join(dir, "free"), taken]), { code: "file-exists" });
    }
    assert.equal(await Deno.readTextFile(path), "first");
    assert.equal(fileIsThere(join(dir, "nowhere")), false);
    assert.deepEqual([...Deno.readDirSync(dir)].length, 2);
  });
});

Deno.test("writeFileAtomically() throws a storage error when it cannot write, and leaves nothing", async () => {
  await inFolder(async (dir) => {
    assert.throws(() => writeFileAtomically(join(dir, "no", "file"), "x"), {
      name: "StorageError",
      code: "file-unwritable",
    });
    await Deno.mkdir(join(dir, "folder"));
    assert.throws(() => writeFileAtomically(join(dir, "folder"), "x", { force: true }), {
      name: "StorageError",
      code: "file-unwritable",
    });
    assert.deepEqual([...Deno.readDirSync(dir)].map((entry) => entry.name), ["folder"]);
  });
});
