import assert from "node:assert/strict";
import { join } from "node:path";
import { SaveFolder } from "../../../lib/client/files/save_folder.ts";
import { inFolder } from "../../support/in_folder.ts";

const nobody = () => Promise.resolve();

/** Opens a folder `in` beside which there is a victim. */
function onStage(work: (folder: string, target: SaveFolder) => Promise<void> | void): Promise<void> {
  return inFolder(async (root) => {
    const folder = join(await Deno.realPath(root), "in");
    await Deno.writeTextFile(join(root, "victim"), "whole");
    await work(folder, SaveFolder.open(folder));
    assert.equal(await Deno.readTextFile(join(root, "victim")), "whole");
  });
}

function names(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

/** Puts a file under a hidden name, as one that has arrived. */
function arrive(target: SaveFolder, text: string): string {
  using partial = target.openPartial(".part");
  partial.file.truncateSync();
  partial.file.writeSync(new TextEncoder().encode(text));
  return partial.path;
}

Deno.test("SaveFolder.nameFile() never writes over what is there, be it a file, a folder or a link", () =>
  onStage(async (folder, target) => {
    await Deno.writeTextFile(join(folder, "a.txt"), "there");
    await Deno.mkdir(join(folder, "a (2).txt"));
    await Deno.symlink("../victim", join(folder, "a (3).txt"));
    await Deno.symlink("../nowhere", join(folder, "a (4).txt"));
    const told: string[] = [];
    const from = arrive(target, "new");
    const path = await target.nameFile(from, "a.txt", (path) => Promise.resolve(void told.push(path)));
    target.remove(".part");
    assert.equal(path, join(folder, "a (5).txt"));
    assert.deepEqual(told, [path]);
    assert.equal(await Deno.readTextFile(path), "new");
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    assert.deepEqual(names(folder), ["a (2).txt", "a (3).txt", "a (4).txt", "a (5).txt", "a.txt"]);
    await assert.rejects(Deno.stat(join(folder, "..", "nowhere")), Deno.errors.NotFound);
  }));

Deno.test("SaveFolder.nameFile() takes the next name where somebody is quicker", () =>
  onStage(async (folder, target) => {
    const from = arrive(target, "new");
    let first = true;
    const path = await target.nameFile(from, "a", async (path) => {
      if (first) await Deno.writeTextFile(path, "quicker");
      first = false;
    });
    assert.equal(path, join(folder, "a (2)"));
    assert.equal(await Deno.readTextFile(join(folder, "a")), "quicker");
  }));

Deno.test("SaveFolder.nameFolder() never mixes a folder with one that is there, even an empty one", () =>
  onStage(async (folder, target) => {
    await Deno.mkdir(join(folder, "f"));
    await Deno.symlink("..", join(folder, "f (2)"));
    const from = target.makeFolder(".part.folder");
    await Deno.writeTextFile(join(from, "x"), "x");
    const path = await target.nameFolder(from, "f", async (path) => {
      if (path.endsWith("(3)")) await Deno.mkdir(path);
    });
    assert.equal(path, join(folder, "f (4)"));
    assert.deepEqual([names(path), names(join(folder, "f")), names(join(folder, "f (3)"))], [["x"], [], []]);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o700);
  }));

Deno.test("SaveFolder.openPartial() goes on with what is there, for one at a time", () =>
  onStage((_folder, target) => {
    arrive(target, "begun");
    using partial = target.openPartial(".part");
    assert.equal(partial.file.statSync().size, 5);
    assert.throws(() => target.openPartial(".part"), { code: "file-busy" });
  }));

Deno.test("SaveFolder.openPartial() opens nothing that somebody has put in the way", async () => {
  const obstacles: Record<string, (path: string, root: string) => Promise<unknown>> = {
    "a link": (path, root) => Deno.symlink(join(root, "victim"), path),
    "a dangling link": (path, root) => Deno.symlink(join(root, "nowhere"), path),
    "another name of a file": (path, root) => Deno.link(join(root, "victim"), path),
    "a folder": (path) => Deno.mkdir(path),
    "a pipe": (path) => new Deno.Command("mkfifo", { args: [path] }).output(),
  };
  for (const [name, put] of Object.entries(obstacles)) {
    await onStage(async (folder, target) => {
      await put(join(folder, ".part"), join(folder, ".."));
      assert.throws(() => target.openPartial(".part"), { code: "file-unwritable" }, name);
      await assert.rejects(Deno.stat(join(folder, "..", "nowhere")), Deno.errors.NotFound);
    });
  }
});

Deno.test("SaveFolder.makeFolder() removes links without what they point at", () =>
  onStage(async (folder, target) => {
    await Deno.mkdir(join(folder, "..", "other"));
    await Deno.writeTextFile(join(folder, "..", "other", "kept"), "");
    await Deno.symlink("../other", join(folder, ".f"));
    const made = target.makeFolder(".f");
    await Deno.symlink("../../other", join(made, "link"));
    assert.deepEqual(names(target.makeFolder(".f")), []);
    assert.deepEqual(names(join(folder, "..", "other")), ["kept"]);
  }));

Deno.test("SaveFolder.assertRoom() refuses what does not fit", () =>
  onStage((_folder, target) => {
    target.assertRoom(1_000);
    assert.throws(() => target.assertRoom(2 ** 50), { code: "disk-full" });
  }));

Deno.test("SaveFolder notices that the folder was replaced by a link", () =>
  onStage(async (folder, target) => {
    const from = arrive(target, "new");
    const other = join(folder, "..", "other");
    await Deno.rename(folder, `${folder}-moved`);
    await Deno.mkdir(other);
    await Deno.writeTextFile(join(other, ".part"), "planted");
    await Deno.symlink(other, folder);
    await assert.rejects(target.nameFile(from, "a", nobody), { code: "save-folder-moved" });
  }));

Deno.test("SaveFolder.open() makes a folder, follows the link that it was given, and refuses a file", () =>
  inFolder(async (root) => {
    const real = await Deno.realPath(root);
    assert.equal(SaveFolder.open(join(root, "a", "b")).path, join(real, "a", "b"));
    assert.equal((await Deno.stat(join(root, "a", "b"))).mode! & 0o777, 0o700);
    await Deno.symlink("a", join(root, "link"));
    assert.equal(SaveFolder.open(join(root, "link")).path, join(real, "a"));
    await Deno.writeTextFile(join(root, "file"), "");
    assert.throws(() => SaveFolder.open(join(root, "file")), { code: "save-folder-unusable" });
  }));

Deno.test("SaveFolder.nameFile() writes over nothing where the file system has no links, either", () =>
  onStage(async (folder, target) => {
    await Deno.writeTextFile(join(folder, "a"), "there");
    const from = arrive(target, "new");
    const { linkSync } = Deno;
    Deno.linkSync = () => {
      throw new Deno.errors.NotSupported("no links here");
    };
    try {
      const path = await target.nameFile(from, "a", nobody);
      assert.equal(path, join(folder, "a (2)"));
      assert.equal(await Deno.readTextFile(path), "new");
    } finally {
      Deno.linkSync = linkSync;
    }
    assert.deepEqual(names(folder), ["a", "a (2)"]);
  }));
