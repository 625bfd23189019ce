import assert from "node:assert/strict";
import { digest } from "../../lib/crypto/mod.ts";
import {
  createConversation,
  fakeMessage,
  openTestStore,
  randomId,
  ref,
  register,
} from "../support/mailbox_fixture.ts";

const alice = ref("alice/laptop"), bob = ref("bob/phone"), carol = ref("carol/desk");

/** Whether a text stands anywhere in the files of a folder. */
async function stands(folder: string, text: string): Promise<boolean> {
  for await (const { name } of Deno.readDir(folder)) {
    const bytes = await Deno.readFile(`${folder}/${name}`);
    if (new TextDecoder("latin1").decode(bytes).includes(text)) return true;
  }
  return false;
}

Deno.test("expireMessages() empties a message when its time is up, on the disk too, and leaves its place", async () => {
  await using test = await openTestStore();
  await register(test.store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(test.store, alice, [bob]);
  const request = (text: string) => ({
    mailbox,
    from: alice,
    id: randomId(),
    message: fakeMessage(mailbox, 1, text),
  });
  // Large ones have pages of their own.
  const secret = "vanishing ".repeat(2_000);
  const gone = await test.store.append({ ...request(secret), expires: 10 });
  const kept = await test.store.append(request("lasting"));
  assert.equal(await stands(test.folder, "vanishing vanishing"), true);
  await test.store.expireMessages(test.clock.now + 9_999);
  assert.deepEqual((await test.store.read(bob, mailbox, 1, 10)).entries.map(({ kind }) => kind), [
    "message",
    "message",
  ]);

  await test.store.expireMessages(test.clock.now + 10_000);
  const { entries } = await test.store.read(bob, mailbox, 1, 10);
  assert.deepEqual(entries.map(({ seq, kind, body }) => [seq, kind, body.length > 0]), [
    [gone.seq, "expired", false],
    [kept.seq, "message", true],
  ]);
  assert.equal(await stands(test.folder, "vanishing vanishing"), false);
  assert.equal(await stands(test.folder, "lasting"), true);
});

Deno.test("expireMessages() leaves nothing of a message that everybody has fetched before its time", async () => {
  await using test = await openTestStore();
  await register(test.store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(test.store, alice, [bob]);
  const message = fakeMessage(mailbox, 1, "fetched ".repeat(2_000));
  const { seq } = await test.store.append({ mailbox, from: alice, id: randomId(), message, expires: 10 });
  await test.store.ack(alice, mailbox, seq);
  await test.store.ack(bob, mailbox, seq);
  await test.store.expireMessages(test.clock.now);
  assert.equal(await stands(test.folder, "fetched fetched"), false);
});

Deno.test("expireMessages() goes on after the store was opened again, and frees the mailbox's quota", async () => {
  await using test = await openTestStore({ limits: { maxBytes: 2_000 } });
  await register(test.store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(test.store, alice, [bob]);
  const append = () =>
    test.store.append({
      mailbox,
      from: alice,
      id: randomId(),
      message: fakeMessage(mailbox, 1, 1_500),
      expires: 5,
    });
  const { seq } = await append();
  await assert.rejects(append(), { code: "mailbox-full" });
  await test.reopen();
  await test.store.expireMessages(test.clock.now + 5_000);
  assert.equal((await test.store.read(bob, mailbox, seq - 1, 1)).entries[0]?.kind, "expired");
  assert.equal((await append()).seq, seq + 1);
});

Deno.test("expireMessages() empties more messages than one transaction takes", async () => {
  await using test = await openTestStore();
  await register(test.store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(test.store, alice, [bob]);
  await Promise.all(Array.from({ length: 1_100 }, () => {
    return test.store.append({
      mailbox,
      from: alice,
      id: randomId(),
      message: fakeMessage(mailbox, 1),
      expires: 1,
    });
  }));
  await test.store.expireMessages(test.clock.now + 1_000);
  const { entries } = await test.store.read(bob, mailbox, 1, 2_000);
  assert.deepEqual(new Set(entries.map(({ kind }) => kind)), new Set(["expired"]));
  assert.equal(entries.length, 1_100);
});

Deno.test("stored() tells a sender what is kept of its entries, and nobody else", async () => {
  await using test = await openTestStore();
  await register(test.store, "alice/laptop", "bob/phone", "carol/desk");
  const mailbox = await createConversation(test.store, alice, [bob]);
  const [mine, expiring, unknown] = [randomId(), randomId(), randomId()];
  const message = fakeMessage(mailbox, 1, "mine");
  const { seq, time } = await test.store.append({ mailbox, from: alice, id: mine, message });
  await test.store.append({ mailbox, from: alice, id: expiring, message, expires: 1 });
  await test.store.expireMessages(time + 1_000);
  const ids = [unknown, expiring, mine];
  const expected = [{ id: mine, seq, time, digest: digest("SHA-256", message) }];
  assert.deepEqual(await test.store.stored(alice, mailbox, ids), expected);
  assert.deepEqual(await test.store.stored(bob, mailbox, ids), []);
  await assert.rejects(test.store.stored(carol, mailbox, ids), { code: "not-a-member" });
});
