import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { applyProjection, type LogRecord, type MailboxState, projectEntry } from "../../lib/store/mod.ts";
import { decodeCbor } from "../../lib/bytes/mod.ts";
import type { DeviceRef } from "../../lib/wire/mod.ts";
import {
  createConversation,
  fakeCommit,
  fakeMessage,
  fakeWelcome,
  openTestStore,
  randomId,
  ref,
  register,
} from "../support/mailbox_fixture.ts";

const alice = ref("alice/laptop"), bob = ref("bob/phone");

Deno.test("append() fails with storage-full for the whole batch, and the store goes on when there is room", async () => {
  await using test = await openTestStore({ maxDatabaseBytes: 600_000 });
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(store, alice, [bob]);
  const message = fakeMessage(mailbox, 1, 40_000);
  const append = (id = randomId()) => store.append({ mailbox, from: alice, id, message });
  let pushed = 0;
  store.onEntries((batch) => batch.forEach(({ entries }) => pushed += entries.length));
  let accepted = 1;
  let ids: Uint8Array<ArrayBuffer>[] = [];
  for (let failed = false; !failed;) {
    ids = [randomId(), randomId(), randomId()];
    const results = await Promise.allSettled(ids.map(append));
    failed = results.some(({ status }) => status === "rejected");
    if (!failed) accepted += 3;
    for (const result of results) {
      if (failed) assert.equal(result.status === "rejected" && result.reason.code, "storage-full");
    }
  }
  assert.ok(accepted > 4 && pushed === accepted - 1);
  const { entries, head } = await store.read(alice, mailbox, 0, 1_000);
  assert.deepEqual([entries.length, head], [accepted, accepted]);
  // What fits goes on, and so does everything once there is room again.
  await store.ack(alice, mailbox, accepted);
  await store.ack(bob, mailbox, accepted);
  const retried = await Promise.all(ids.map(append));
  assert.deepEqual(retried.map(({ seq }) => seq), [1, 2, 3].map((n) => accepted + n));
  await test.reopen();
  using db = new DatabaseSync(`${test.folder}/mailboxes.db`);
  assert.equal(db.prepare("PRAGMA integrity_check").get()?.integrity_check, "ok");
});

Deno.test("projectEntry() gives the same members and epoch when the log is replayed", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone", "carol/desk");
  const mailbox = await createConversation(store, alice, [bob]);
  const commit = (epoch: number, add: DeviceRef[], remove: DeviceRef[]) => {
    const welcome = add.length > 0 ? fakeWelcome() : undefined;
    const bundle = { commit: fakeCommit(mailbox, epoch), add, remove, welcome };
    return store.commit({ mailbox, from: alice, id: randomId(), ...bundle });
  };
  await commit(1, [ref("carol/desk")], [bob]);
  await store.append({ mailbox, from: alice, id: randomId(), message: fakeMessage(mailbox, 2) });
  await commit(2, [bob], []);
  await test.reopen();

  using db = new DatabaseSync(`${test.folder}/mailboxes.db`);
  const state: MailboxState = { head: 0, epoch: 0, trimmed: 0, entries: 0, bytes: 0, members: new Map() };
  const rows = db.prepare(
    `SELECT seq, entry.id, kind, time, body, change FROM entry JOIN mailbox ON mailbox.id = mailbox
     WHERE name = ? ORDER BY seq`,
  ).all(mailbox);
  // The message has its place in a segment, and nothing follows from it.
  assert.equal(rows.length, 3);
  for (const row of rows) {
    const change = row.change === null
      ? undefined
      : decodeCbor(row.change as Uint8Array) as LogRecord["change"];
    const record = { ...row, from: alice, change } as unknown as LogRecord;
    const projection = projectEntry(mailbox, Number(row.seq), record);
    assert.deepEqual(projection, projectEntry(mailbox, Number(row.seq), record));
    applyProjection(state, Number(row.seq), projection);
  }
  const stored = db.prepare(
    `SELECT user || '/' || device.device AS name, floor, ceiling FROM member JOIN device ON device.id = member.device
     JOIN mailbox ON mailbox.id = mailbox WHERE mailbox.name = ? ORDER BY 1`,
  ).all(mailbox).map((row) => ({ ...row }));
  const replayed = [...state.members].map(([name, { floor, ceiling = null }]) => ({ name, floor, ceiling }));
  assert.deepEqual(replayed.sort((a, b) => a.name < b.name ? -1 : 1), stored);
  assert.equal(state.epoch, 3);
  assert.equal(db.prepare("SELECT epoch FROM mailbox WHERE name = ?").get(mailbox)?.epoch, 3);
});
