import assert from "node:assert/strict";
import { decodeRelayStatement } from "../../lib/wire/mod.ts";
import { fakeCommit, randomId } from "../support/mailbox_fixture.ts";
import { append, createGroup, TestRelay } from "../support/relay_fixture.ts";

Deno.test("a receipt speaks for each message of the asker's once, for no commit, and for nobody else's", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using mallory = await relay.device("mallory/phone");
  const mailbox = await createGroup(alice);
  const commit = { id: randomId(), commit: fakeCommit(mailbox, 1, 1024 * 1024) };
  await alice.connection.request("commit", { ...commit, mailbox, add: [], remove: [] });
  const { seq } = await append(alice, mailbox, 2, "said");
  const { entries } = await alice.connection.request("sync", { mailbox, after: seq - 1, limit: 1 });
  const { id } = entries[0]!;
  // A hundred digests of a commit of megabytes would keep everybody else waiting.
  const ids = Array.from({ length: 100 }, (_, i) => i % 2 === 0 ? commit.id : id);
  const { statement } = await alice.connection.request("receipt", { mailbox, ids });
  assert.deepEqual(decodeRelayStatement(statement).entries.map((one) => one.seq), [seq]);
  const foreign = mallory.connection.request("receipt", { mailbox, ids });
  await assert.rejects(foreign, { code: "not-a-member" });
});
