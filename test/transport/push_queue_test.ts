import assert from "node:assert/strict";
import { PushQueue } from "../../lib/transport/push_queue.ts";
import type { Push } from "../../lib/wire/mod.ts";

const limits = { maxQueuedPushes: 3, maxQueuedPushBytes: 100 };
const crl = (n: number): Push => ({ push: "crl", crl: new Uint8Array([n]) });
const entries = (mailbox: string): Push => ({ push: "entries", mailbox, entries: [] });

function unexpected(error: unknown): never {
  throw error;
}

function collect(queue: PushQueue): Push[] {
  const got: Push[] = [];
  queue.listen((push) => void got.push(push));
  return got;
}

Deno.test("PushQueue keeps pushes until there is a listener", () => {
  const queue = new PushQueue(limits, unexpected);
  [1, 2, 3].forEach((n) => queue.add(crl(n), 10));
  const got = collect(queue);
  queue.add(crl(4), 10);
  assert.deepEqual(got, [1, 2, 3, 4].map(crl));
});

for (const [name, sizes] of [["number", [1, 1, 1, 1]], ["bytes", [50, 51]]] as const) {
  Deno.test(`PushQueue keeps lagged and the newest CRL when there are too many in ${name}`, () => {
    const queue = new PushQueue(limits, unexpected);
    queue.add(crl(1), sizes[0]);
    queue.add(crl(2), sizes[1]);
    sizes.slice(2).forEach((size) => queue.add(entries("direct:a,b"), size));
    assert.deepEqual(collect(queue), [crl(2), { push: "lagged" }]);
  });
}

Deno.test("PushQueue hands over one push at a time, in order", async () => {
  const queue = new PushQueue({ ...limits, maxQueuedPushes: 100 }, unexpected);
  let busy = false;
  const got: Push[] = [];
  const done = new Promise<void>((resolve) => {
    queue.listen(async (push) => {
      assert.equal(busy, false);
      busy = true;
      await new Promise((tick) => setImmediate(tick));
      busy = false;
      if (got.push(push) === 5) resolve();
    });
  });
  const pushes = ["a", "b", "c", "d", "e"].map(entries);
  pushes.forEach((push) => queue.add(push, 1));
  await done;
  assert.deepEqual(got, pushes);
});

Deno.test("PushQueue reports what a listener throws or rejects with, and goes on", async () => {
  const errors: unknown[] = [];
  const queue = new PushQueue(limits, (error) => errors.push(error));
  const seen = new Promise<void>((resolve) => {
    queue.listen((push) => {
      if (push.push === "lagged") return resolve();
      if (push.push === "crl") return Promise.reject("rejected");
      throw "thrown";
    });
  });
  queue.add(crl(1), 1);
  queue.add(entries("direct:a,b"), 1);
  queue.add({ push: "lagged" }, 1);
  await seen;
  assert.deepEqual(errors, ["rejected", "thrown"]);
});
