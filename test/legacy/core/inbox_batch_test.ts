import assert from "node:assert/strict";
import { Inbox, InboxBatch } from "../../../lib/legacy/core/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

/** Keeps messages in a turn; what was told in the end, in order, when the journal was on disk. */
async function keep(batch: InboxBatch, path: string, ...bodies: string[]) {
  const told: [body: string, code: string | undefined, onDisk: boolean][] = [];
  await new Promise<void>((resolve) => {
    for (const body of bodies) {
      batch.keep({ to: "alice", body }, (error) => {
        told.push([body, error?.code, Deno.readTextFileSync(path).includes(`"${body}"`)]);
      });
    }
    assert.equal(told.length, 0, "nobody is told before the turn is over");
    batch.after(resolve);
  });
  return told;
}

Deno.test("InboxBatch tells in order, when all of a turn is on disk, and who does not fit", () =>
  inFolder(async (dir) => {
    const path = `${dir}/inbox.jsonl`;
    using inbox = Inbox.open(path, { maxMessagesPerUser: 3 });
    const batch = new InboxBatch(inbox);
    let called = false;
    batch.after(() => called = true);
    assert(called, "nothing is held");
    assert.deepEqual(await keep(batch, path, "1", "2"), [["1", undefined, true], ["2", undefined, true]]);
    assert.deepEqual(await keep(batch, path, "3", "4"), [["3", undefined, true], ["4", "inbox-full", false]]);
    assert.deepEqual(inbox.waiting("alice").map(({ body }) => body), ["1", "2", "3"]);
    using again = Inbox.open(path);
    assert.deepEqual(again.waiting("alice").map(({ body }) => body), ["1", "2", "3"]);
  }));

Deno.test("InboxBatch keeps nothing of a turn that could not be written, and says so of each message", () =>
  inFolder(async (dir) => {
    const path = `${dir}/inbox.jsonl`;
    const inbox = Inbox.open(path);
    const batch = new InboxBatch(inbox);
    await keep(batch, path, "safe");
    inbox[Symbol.dispose](); // what follows cannot be written
    const told = await keep(batch, path, "a", "b");
    assert.deepEqual(told, [["a", "inbox-unusable", false], ["b", "inbox-unusable", false]]);
    assert.deepEqual(inbox.waiting("alice").map(({ body }) => body), ["safe"]);
  }));

Deno.test("InboxBatch writes a thousand messages without waiting for the end of the turn", () =>
  inFolder((dir) => {
    using inbox = Inbox.open(`${dir}/inbox.jsonl`);
    const batch = new InboxBatch(inbox);
    let told = 0;
    for (let i = 0; i < 1000; i++) batch.keep({ to: "alice", body: String(i) }, () => told++);
    assert.deepEqual([told, inbox.waiting("alice").length], [1000, 1000]);
  }));
