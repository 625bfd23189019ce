import assert from "node:assert/strict";
import {
  createConversation,
  fakeMessage,
  openTestStore,
  randomId,
  ref,
  register,
} from "../support/mailbox_fixture.ts";

Deno.test("the write-ahead log stays bounded under load and is empty after closing", async () => {
  await using test = await openTestStore();
  await register(test.store, "alice/laptop");
  const alice = ref("alice/laptop");
  const mailbox = await createConversation(test.store, alice);
  const message = fakeMessage(mailbox, 1, 60_000);
  const wal = `${test.folder}/mailboxes.db-wal`;
  let largest = 0;
  for (let round = 0; round < 60; round++) {
    const ids = Array.from({ length: 20 }, () => randomId());
    await Promise.all(ids.map((id) => test.store.append({ mailbox, from: alice, id, message })));
    largest = Math.max(largest, Deno.statSync(wal).size);
  }
  assert.ok(largest < 30e6, `the log grew to ${largest} bytes while ${60 * 20 * 60_000} were written`);
  await test.reopen();
  assert.ok(Deno.statSync(wal).size < 100_000);
});
