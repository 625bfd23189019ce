import assert from "node:assert/strict";
import { Sequence } from "../../../lib/legacy/core/mod.ts";

Deno.test("Sequence does one thing after the other, also where one has failed", async () => {
  const sequence = new Sequence(), done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = sequence.run(async () => {
    await gate.promise;
    done.push("first");
    throw new Error("on purpose");
  });
  const second = sequence.run(() => done.push("second"));
  await Promise.resolve();
  assert.deepEqual(done, []);
  gate.resolve();
  await assert.rejects(first, /on purpose/);
  assert.equal(await second, 2);
  assert.deepEqual(done, ["first", "second"]);
});
