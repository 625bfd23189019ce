import assert from "node:assert/strict";
import { Chores } from "../../lib/relay/chores.ts";

Deno.test("Chores.every() leaves turns out while a chore goes on, and goes on after one that failed", async () => {
  const failures: string[] = [];
  const chores = new Chores((failure, error) => failures.push(`${failure}: ${(error as Error).message}`));
  const first = Promise.withResolvers<void>(), second = Promise.withResolvers<void>();
  const third = Promise.withResolvers<void>();
  let runs = 0, others = 0;
  chores.every(1, {
    failure: "the chore failed",
    work: () => {
      runs++;
      if (runs === 1) return first.promise;
      if (runs === 2) throw new Error("once");
      third.resolve();
    },
  });
  chores.every(1, { failure: "the other failed", work: () => ++others === 5 ? second.resolve() : undefined });
  await second.promise;
  assert.equal(runs, 1);
  first.resolve();
  await third.promise;
  assert.deepEqual(failures, ["the chore failed: once"]);
  chores.stop();
  await chores.finished();
});

Deno.test("Chores.finished() waits for what is under way", async () => {
  const chores = new Chores(() => {});
  const work = Promise.withResolvers<void>();
  let finished = false;
  chores.once({ failure: "the chore failed", work: () => work.promise });
  const waiting = chores.finished().then(() => finished = true);
  await Promise.resolve();
  assert.equal(finished, false);
  work.resolve();
  await waiting;
});
