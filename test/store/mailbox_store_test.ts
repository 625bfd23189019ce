import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { mayRead, type NewEntries, type SqliteMailboxStore } from "../../lib/store/mod.ts";
import type { DeviceRef } from "../../lib/wire/mod.ts";
import {
  createConversation,
  fakeCommit,
  fakeMessage,
  fakeWelcome,
  openStore,
  openTestStore,
  randomId,
  ref,
  register,
} from "../support/mailbox_fixture.ts";

const alice = ref("alice/laptop"), bob = ref("bob/phone"), carol = ref("carol/desk");
const code = (code: string) => (error: { code?: string }) => error.code === code;

async function seqs(store: SqliteMailboxStore, device: DeviceRef, mailbox: string): Promise<number[]> {
  return (await store.read(device, mailbox, 0, 1_000)).entries.map(({ seq }) => seq);
}

function append(store: SqliteMailboxStore, mailbox: string, from: DeviceRef, epoch: number, id = randomId()) {
  return store.append({ mailbox, from, id, message: fakeMessage(mailbox, epoch) });
}

function commit(
  store: SqliteMailboxStore,
  mailbox: string,
  from: DeviceRef,
  epoch: number,
  { add = [], remove = [] }: { add?: DeviceRef[]; remove?: DeviceRef[] } = {},
) {
  const welcome = add.length > 0 ? fakeWelcome(`for ${mailbox}`) : undefined;
  return store.commit({
    mailbox,
    from,
    id: randomId(),
    commit: fakeCommit(mailbox, epoch),
    add,
    remove,
    welcome,
  });
}

Deno.test("append() puts messages in order and survives reopening", async () => {
  await using test = await openTestStore();
  await register(test.store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(test.store, alice, [bob]);
  test.clock.now = 2_000_000;
  const places = await Promise.all([1, 2, 3].map(() => append(test.store, mailbox, alice, 1)));
  assert.deepEqual(places, [2, 3, 4].map((seq) => ({ seq, time: 2_000_000 })));
  await test.reopen();
  const page = await test.store.read(bob, mailbox, 0, 10);
  assert.deepEqual([page.floor, page.head], [2, 4]);
  assert.deepEqual(page.entries.map(({ seq, kind, from, time }) => ({ seq, kind, from, time })), [
    { seq: 2, kind: "message", from: alice, time: 2_000_000 },
    { seq: 3, kind: "message", from: alice, time: 2_000_000 },
    { seq: 4, kind: "message", from: alice, time: 2_000_000 },
  ]);
  assert.deepEqual(page.entries[0]?.body, fakeMessage(mailbox, 1));
  assert.equal((await append(test.store, mailbox, bob, 1)).seq, 5);
});

Deno.test("append() returns the first place for the same id, whatever the epoch is by then", async () => {
  await using test = await openTestStore();
  await register(test.store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(test.store, alice, [bob]);
  const id = randomId();
  const [first, again] = await Promise.all([0, 0].map(() => append(test.store, mailbox, alice, 1, id)));
  assert.deepEqual(again, first);
  await commit(test.store, mailbox, alice, 1);
  test.clock.now += 5_000;
  assert.deepEqual(await append(test.store, mailbox, alice, 1, id), first);
  await test.reopen();
  assert.deepEqual(await append(test.store, mailbox, alice, 1, id), first);
  // The id of another sender is another id.
  assert.equal((await append(test.store, mailbox, bob, 2, id)).seq, 4);
});

Deno.test("append() refuses what is not for the conversation's present epoch or not of a member", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone", "carol/desk");
  const mailbox = await createConversation(store, alice, [bob]);
  await assert.rejects(append(store, mailbox, alice, 0), code("epoch-stale"));
  await assert.rejects(append(store, mailbox, alice, 2), code("epoch-stale"));
  await assert.rejects(append(store, mailbox, carol, 1), code("not-a-member"));
  await assert.rejects(append(store, "group:" + "0".repeat(32), carol, 1), code("not-a-member"));
  const other = { mailbox, from: alice, id: randomId() };
  await assert.rejects(store.append({ ...other, message: fakeMessage("group:x", 1) }), code("wrong-group"));
  await assert.rejects(store.append({ ...other, message: fakeCommit(mailbox, 1) }), code("wrong-content"));
  await assert.rejects(store.append({ ...other, message: fakeWelcome() }), code("mls-malformed"));
  await assert.rejects(
    store.append({ ...other, message: fakeMessage(mailbox, 1).subarray(0, 9) }),
    code("truncated"),
  );
  await assert.rejects(append(store, "device:alice/laptop", alice, 0), code("forbidden"));
  assert.deepEqual(await seqs(store, alice, mailbox), [1]);
});

Deno.test("commit() lets one of several commits of an epoch win, and what follows sees it", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone", "carol/desk");
  const mailbox = await createConversation(store, alice, [bob]);
  const results = await Promise.allSettled([
    commit(store, mailbox, alice, 1, { add: [carol] }),
    commit(store, mailbox, bob, 1),
    append(store, mailbox, bob, 1),
    append(store, mailbox, carol, 2),
  ]);
  assert.deepEqual(
    results.map((result) => result.status === "fulfilled" ? result.value.seq : result.reason.code),
    [
      2,
      "epoch-conflict",
      "epoch-stale",
      3,
    ],
  );
});

Deno.test("commit() delivers one welcome to each device added, which reads from the entry after it", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone", "carol/desk");
  const mailbox = await createConversation(store, alice);
  const { seq } = await commit(store, mailbox, alice, 1, { add: [bob, carol] });
  await append(store, mailbox, alice, 2);
  await test.reopen();
  for (const device of [bob, carol]) {
    const own = await test.store.read(device, `device:${device.user}/${device.device}`, 0, 10);
    assert.equal(own.entries.length, 1);
    const [welcome] = own.entries;
    assert.deepEqual(welcome?.conversation, { mailbox, seq });
    assert.deepEqual([welcome?.kind, welcome?.from, welcome?.seq], ["welcome", alice, 1]);
    assert.deepEqual(welcome?.body, fakeWelcome(`for ${mailbox}`));
    assert.deepEqual(await seqs(test.store, device, mailbox), [3]);
  }
  assert.deepEqual((await test.store.read(alice, mailbox, 0, 10)).entries.map(({ kind }) => kind), [
    "commit",
    "commit",
    "message",
  ]);
});

Deno.test("commit() refuses a change of members that cannot be", async () => {
  await using test = await openTestStore({ limits: { maxMembers: 3, maxConversations: 4 } });
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone", "carol/desk", "dave/pad");
  const mailbox = await createConversation(store, alice, [bob]);
  const refused = async (
    expected: string,
    change: { add?: DeviceRef[]; remove?: DeviceRef[] },
    from = alice,
  ) => {
    await assert.rejects(commit(store, mailbox, from, 1, change), code(expected));
  };
  await refused("already-member", { add: [bob] });
  await refused("already-member", { add: [carol, carol] });
  await refused("device-unknown", { add: [ref("eve/laptop")] });
  await refused("member-unknown", { remove: [carol] });
  await refused("member-unknown", { remove: [bob, bob] });
  await refused("forbidden", { remove: [alice] });
  await refused("not-a-member", {}, carol);
  await refused("too-many-members", { add: [carol, ref("dave/pad")] });
  const plain = { mailbox, from: alice, id: randomId(), commit: fakeCommit(mailbox, 1), remove: [] };
  await assert.rejects(store.commit({ ...plain, add: [carol] }), code("wrong-welcome"));
  await assert.rejects(store.commit({ ...plain, add: [], welcome: fakeWelcome() }), code("wrong-welcome"));
  await assert.rejects(
    store.commit({ ...plain, add: [carol], welcome: fakeCommit(mailbox, 1) }),
    code("wrong-welcome"),
  );
  await assert.rejects(commit(store, "device:bob/phone", alice, 0), code("forbidden"));
  // A device may be removed and added in one commit, as a new leaf; it may still have to read what was before.
  await commit(store, mailbox, alice, 1, { add: [bob], remove: [bob] });
  assert.equal((await store.read(bob, mailbox, 0, 10)).floor, 2);
  await createConversation(store, alice);
  await createConversation(store, alice);
  await assert.rejects(createConversation(store, alice), code("too-many-conversations"));
});

Deno.test("commit() keeps a direct conversation to its two users", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop", "alice/phone", "bob/phone", "carol/desk");
  await assert.rejects(commit(store, "direct:alice,bob", carol, 0), code("forbidden"));
  await assert.rejects(commit(store, "direct:bob,alice", alice, 0), code("forbidden"));
  await assert.rejects(commit(store, "direct:alice,bob", alice, 0, { add: [carol] }), code("forbidden"));
  await commit(store, "direct:alice,bob", alice, 0, { add: [bob, ref("alice/phone"), alice] });
  await assert.rejects(commit(store, "direct:alice,bob", bob, 0), code("epoch-conflict"));
  await assert.rejects(commit(store, "direct:alice,bob", bob, 1, { add: [carol] }), code("forbidden"));
  // Its author stood among the devices added and gets no welcome of its own.
  assert.deepEqual(await seqs(store, alice, "device:alice/laptop"), []);
  assert.deepEqual(await seqs(store, alice, "direct:alice,bob"), [1]);
});

Deno.test("read() gives a removed device everything up to its removal and nothing later", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(store, alice, [bob]);
  await append(store, mailbox, alice, 1);
  const { seq } = await commit(store, mailbox, alice, 1, { remove: [bob] });
  await append(store, mailbox, alice, 2);
  assert.deepEqual(await seqs(store, bob, mailbox), [2, 3]);
  assert.deepEqual(await store.mailboxes(bob, undefined, 10), [
    { mailbox: "device:bob/phone", head: 1 },
    { mailbox, head: seq },
  ]);
  await assert.rejects(append(store, mailbox, bob, 2), code("not-a-member"));
  await store.ack(bob, mailbox, seq);
  await assert.rejects(store.read(bob, mailbox, 0, 10), code("not-a-member"));
  await store.ack(bob, mailbox, seq);
  assert.deepEqual((await store.mailboxes(bob, undefined, 10)).map(({ mailbox }) => mailbox), [
    "device:bob/phone",
  ]);
});

Deno.test("read() bounds a page in number and in bytes", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop");
  const mailbox = await createConversation(store, alice);
  const message = fakeMessage(mailbox, 1, 60_000);
  await Promise.all(
    Array.from({ length: 30 }, () => store.append({ mailbox, from: alice, id: randomId(), message })),
  );
  assert.equal((await store.read(alice, mailbox, 0, 5)).entries.length, 5);
  const page = await store.read(alice, mailbox, 1, 1_000);
  assert.equal(page.entries.length, Math.floor(1024 * 1024 / message.length));
  assert.equal(page.head, 31);
  await assert.rejects(store.read(bob, mailbox, 0, 5), code("not-a-member"));
  await assert.rejects(store.read(bob, "device:alice/laptop", 0, 5), code("not-a-member"));
});

Deno.test("ack() deletes an entry when every device that may read it has acknowledged it", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(store, alice, [bob]);
  await append(store, mailbox, alice, 1);
  await append(store, mailbox, bob, 1);
  await store.ack(alice, mailbox, 3);
  assert.deepEqual(await seqs(store, bob, mailbox), [2, 3]);
  await store.ack(bob, mailbox, 2);
  assert.deepEqual(await seqs(store, alice, mailbox), [3]);
  // More than there is counts as all there is, and an older acknowledgement takes nothing back.
  await store.ack(bob, mailbox, 99);
  await store.ack(bob, mailbox, 1);
  await test.reopen();
  const page = await test.store.read(alice, mailbox, 0, 10);
  assert.deepEqual(page, { entries: [], head: 3, floor: 4, acked: 3 });
  assert.equal((await append(test.store, mailbox, alice, 1)).seq, 4);
});

Deno.test("ack() deletes a welcome's body when the last device has acknowledged it", async () => {
  await using test = await openTestStore();
  await register(test.store, "alice/laptop", "bob/phone", "carol/desk");
  const mailbox = await createConversation(test.store, alice, [bob, carol]);
  const welcomes = () => {
    using db = new DatabaseSync(`${test.folder}/mailboxes.db`);
    return db.prepare("SELECT count(*) AS count FROM welcome").get()?.count;
  };
  await test.store.ack(bob, "device:bob/phone", 1);
  assert.equal(welcomes(), 1);
  const page = await test.store.read(carol, "device:carol/desk", 0, 1);
  assert.deepEqual(page.entries[0]?.conversation, { mailbox, seq: 1 });
  await test.store.ack(carol, "device:carol/desk", 1);
  assert.equal(welcomes(), 0);
});

Deno.test("expire() deletes what is older whoever has not read it, and gives no number twice", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(store, alice, [bob]);
  await append(store, mailbox, alice, 1);
  await commit(store, mailbox, alice, 1, { remove: [bob] });
  test.clock.now = 3_000_000;
  await append(store, mailbox, alice, 2);
  await store.expire(2_000_000);
  assert.deepEqual(
    await store.read(alice, mailbox, 0, 10).then(({ entries, floor }) => [entries.length, floor]),
    [1, 4],
  );
  await assert.rejects(store.read(bob, mailbox, 0, 10), code("not-a-member"));
  assert.deepEqual(await seqs(store, bob, "device:bob/phone"), []);
  await store.expire(4_000_000);
  await test.reopen();
  assert.equal((await append(test.store, mailbox, alice, 2)).seq, 5);
});

Deno.test("append() refuses more than a mailbox holds, and a commit can still remove who holds it up", async () => {
  await using test = await openTestStore({ limits: { maxEntries: 4, maxBytes: 100_000 } });
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(store, alice, [bob]);
  for (let i = 0; i < 3; i++) await append(store, mailbox, alice, 1);
  await assert.rejects(append(store, mailbox, alice, 1), code("mailbox-full"));
  await store.ack(alice, mailbox, 4);
  await commit(store, mailbox, alice, 1, { remove: [bob] });
  await store.ack(bob, mailbox, 5);
  await append(store, mailbox, alice, 2);
  const large = { mailbox, from: alice, id: randomId(), message: fakeMessage(mailbox, 2, 100_000) };
  await assert.rejects(store.append(large), code("mailbox-full"));
});

Deno.test("dropDevice() ends a device's reading at once, and a conversation without members may begin anew", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone");
  const mailbox = "direct:alice,bob";
  await commit(store, mailbox, alice, 0, { add: [bob] });
  await append(store, mailbox, alice, 1);
  await store.dropDevice(bob, "key of somebody else");
  assert.deepEqual(await seqs(store, bob, mailbox), [2]);
  await store.dropDevice(bob, "key of bob/phone");
  await assert.rejects(store.read(bob, mailbox, 0, 10), code("not-a-member"));
  assert.deepEqual(await store.mailboxes(bob, undefined, 10), []);
  // It holds nothing back any more, and is still there to be removed.
  await store.ack(alice, mailbox, 2);
  assert.deepEqual(await seqs(store, alice, mailbox), []);
  await store.registerDevice(bob, "new key");
  await assert.rejects(append(store, mailbox, bob, 1), code("not-a-member"));
  await commit(store, mailbox, alice, 1, { add: [bob], remove: [bob] });
  await append(store, mailbox, bob, 2);
  await store.dropDevice(alice, "key of alice/laptop");
  // The same name with another key is another device, even if nobody has dropped the one before.
  await store.registerDevice(bob, "newest key");
  await test.reopen();
  assert.equal((await commit(test.store, mailbox, bob, 0)).seq, 5);
  assert.deepEqual(await seqs(test.store, bob, mailbox), [5]);
});

Deno.test("mailboxes() lists by name, page by page", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop");
  const names = ["device:alice/laptop"];
  for (let i = 0; i < 5; i++) names.push(await createConversation(store, alice));
  names.sort();
  const first = await store.mailboxes(alice, undefined, 4);
  const second = await store.mailboxes(alice, first.at(-1)?.mailbox, 4);
  assert.deepEqual([...first, ...second].map(({ mailbox }) => mailbox), names);
});

Deno.test("onEntries() tells of one batch what each device may read of it", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop", "bob/phone", "carol/desk");
  const mailbox = await createConversation(store, alice, [bob]);
  const seen: Record<string, string[]> = {};
  const record = ({ mailbox, entries, members }: NewEntries) => {
    for (const [device, membership] of members) {
      for (const { seq, kind } of entries) {
        if (mayRead(membership, seq)) (seen[device] ??= []).push(`${kind} ${mailbox.slice(0, 6)} ${seq}`);
      }
    }
  };
  let batches = 0;
  store.onEntries((batch) => {
    batches++;
    batch.forEach(record);
  });
  await Promise.all([
    append(store, mailbox, alice, 1),
    commit(store, mailbox, alice, 1, { add: [carol], remove: [bob] }),
    append(store, mailbox, carol, 2),
  ]);
  assert.equal(batches, 1);
  assert.deepEqual(seen, {
    "alice/laptop": ["message group: 2", "commit group: 3", "message group: 4"],
    "bob/phone": ["message group: 2", "commit group: 3"],
    "carol/desk": ["message group: 4", "welcome device 1"],
  });
});

Deno.test("close() finishes what is under way and refuses what comes after", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "alice/laptop");
  const mailbox = await createConversation(store, alice);
  const pending = append(store, mailbox, alice, 1);
  await store.close();
  assert.equal((await pending).seq, 2);
  await assert.rejects(append(store, mailbox, alice, 1), code("storage-closed"));
  test.store = openStore(test.folder);
  assert.deepEqual(await seqs(test.store, alice, mailbox), [1, 2]);
});
