import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { InternalError, UsageError } from "../../lib/errors/mod.ts";
import { toStorageError } from "../../lib/store/storage_error.ts";
import { inFolder } from "../support/in_folder.ts";

function errorOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return toStorageError(error);
  }
}

Deno.test("toStorageError() names what SQLite reports, through a statement or through exec()", async () => {
  await inFolder(async (dir) => {
    await Deno.writeTextFile(join(dir, "text"), "not a database".repeat(100));
    const holder = new DatabaseSync(join(dir, "db")), other = new DatabaseSync(join(dir, "db"));
    const damaged = new DatabaseSync(join(dir, "text"));
    try {
      holder.exec("CREATE TABLE t (x UNIQUE); INSERT INTO t VALUES (1); BEGIN IMMEDIATE");
      const ways = [
        (db: DatabaseSync, sql: string) => db.exec(sql),
        (db: DatabaseSync, sql: string) => db.prepare(sql).all(),
      ];
      for (const run of ways) {
        const cases: [DatabaseSync, string, string][] = [
          [other, "BEGIN IMMEDIATE", "storage-busy"],
          [damaged, "SELECT * FROM sqlite_schema", "storage-damaged"],
          [holder, "INSERT INTO t VALUES (1)", "storage-failed"],
        ];
        for (const [db, sql, code] of cases) {
          const error = errorOf(() => run(db, sql)) as { name?: string; code?: string };
          assert.deepEqual([error.name, error.code], ["StorageError", code]);
        }
      }
    } finally {
      for (const db of [holder, other, damaged]) db.close();
    }
  });
});

Deno.test("toStorageError() passes typed errors on, and takes everything else for a bug", () => {
  const typed = new UsageError("x", "x");
  assert.equal(toStorageError(typed), typed);
  for (const thrown of [new TypeError("x"), "x", undefined, null]) {
    assert.ok(toStorageError(thrown) instanceof InternalError);
  }
});
