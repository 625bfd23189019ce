import assert from "node:assert/strict";
import fc from "fast-check";
import { runProfileLoad } from "../../lib/bench/profile_load.ts";

/** A server that answers some of what is under way; it remembers the most that was. */
class Answering {
  sent = 0;
  received = 0;
  prepared = 0;
  most = 0;
  readonly #share: number;

  constructor(share: number) {
    this.#share = share;
  }

  prepare(count: number): void {
    this.prepared += count;
  }

  send(count: number): Promise<void> {
    this.sent += count;
    this.most = Math.max(this.most, this.sent - this.received);
    return Promise.resolve();
  }

  receive(): Promise<number> {
    const count = Math.ceil((this.sent - this.received) * this.#share);
    this.received += count;
    return Promise.resolve(count);
  }
}

Deno.test("runProfileLoad() sends as many as it is told and fills the window, never more", async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 100 }),
    fc.integer({ min: 1, max: 500 }),
    fc.double({ min: 0.01, max: 1, noNaN: true }),
    async (window, count, share) => {
      const load = new Answering(share);
      assert(await runProfileLoad(load, { window, count }) >= 0);
      assert.deepEqual([load.sent, load.received, load.prepared], [count, count, count]);
      assert.equal(load.most, Math.min(window, count));
    },
  ));
});
