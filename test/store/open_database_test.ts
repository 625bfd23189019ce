import assert from "node:assert/strict";
import { openDatabase } from "../../lib/store/mod.ts";

async function inFolder(work: (path: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "parley-db-" });
  try {
    await work(`${folder}/test.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const first = "CREATE TABLE a (x INTEGER) STRICT";
const second = "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES (7)";

Deno.test("openDatabase() runs each migration once and makes the file private", async () => {
  await inFolder((path) => {
    openDatabase(path, { migrations: [first] }).close();
    for (let i = 0; i < 2; i++) {
      using db = openDatabase(path, { migrations: [first, second] });
      assert.deepEqual(db.prepare("SELECT x FROM b").all().map(({ x }) => x), [7]);
      assert.equal(db.prepare("PRAGMA journal_mode").get()?.journal_mode, "wal");
      assert.equal(db.prepare("PRAGMA synchronous").get()?.synchronous, 2);
    }
    if (Deno.build.os !== "windows") assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
  });
});

Deno.test("openDatabase() leaves nothing of a migration that fails", async () => {
  await inFolder((path) => {
    const broken = "CREATE TABLE c (x INTEGER); INSERT INTO nowhere VALUES (1)";
    assert.throws(() => openDatabase(path, { migrations: [first, broken] }), { code: "storage-failed" });
    using db = openDatabase(path, { migrations: [first] });
    assert.deepEqual(db.prepare("SELECT name FROM sqlite_schema").all().map(({ name }) => name), ["a"]);
  });
});

Deno.test("openDatabase() refuses what is newer, damaged, or nowhere", async () => {
  await inFolder((path) => {
    openDatabase(path, { migrations: [first, second] }).close();
    assert.throws(() => openDatabase(path, { migrations: [first] }), { code: "storage-newer" });
    Deno.writeTextFileSync(
      `${path}2`,
      "this is no database, although it is long enough to be one ".repeat(20),
    );
    assert.throws(() => openDatabase(`${path}2`, { migrations: [first] }), { code: "storage-damaged" });
    assert.throws(() => openDatabase(`${path}/x/y`, { migrations: [] }), { code: "storage-unwritable" });
  });
});
