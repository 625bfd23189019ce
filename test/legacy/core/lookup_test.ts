import assert from "node:assert/strict";
import { Lookup } from "../../../lib/legacy/core/mod.ts";

Deno.test("Lookup finds each name once, and again after a failure", async () => {
  const asked: string[] = [];
  let failing = true;
  const lookup = new Lookup((name: string) => {
    asked.push(name);
    return failing ? Promise.reject(new Error("not yet")) : Promise.resolve(name.length);
  });
  await assert.rejects(lookup.get("alice"), /not yet/);
  assert.deepEqual(lookup.names(), []);
  failing = false;
  assert.deepEqual(await Promise.all([lookup.get("alice"), lookup.get("alice")]), [5, 5]);
  assert.deepEqual(asked, ["alice", "alice"]);
  assert.deepEqual(lookup.names(), ["alice"]);
});
