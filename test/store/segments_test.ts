import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { mailboxMigrations } from "../../lib/store/mailbox_migrations.ts";
import type { NewEntries } from "../../lib/store/mod.ts";
import { encodePush, type Entry } from "../../lib/wire/mod.ts";
import {
  createConversation,
  fakeCommit,
  fakeMessage,
  openStore,
  openTestStore,
  randomId,
  ref,
  register,
  type TestStore,
} from "../support/mailbox_fixture.ts";

const alice = ref("alice/laptop"), bob = ref("bob/phone");

async function openConversation(test: TestStore): Promise<string> {
  await register(test.store, "alice/laptop", "bob/phone");
  const mailbox = await createConversation(test.store, alice, [bob]);
  await test.store.ack(alice, mailbox, 1);
  return mailbox;
}

/** Appends messages in one transaction. */
function appendAll({ store }: TestStore, mailbox: string, bodies: string[]) {
  return Promise.all(bodies.map((body) => {
    return store.append({ mailbox, from: alice, id: randomId(), message: fakeMessage(mailbox, 1, body) });
  }));
}

async function bodies(test: TestStore, mailbox: string, after = 1): Promise<string[]> {
  const { entries } = await test.store.read(bob, mailbox, after, 1_000);
  return entries.map(textOf);
}

function textOf({ body }: Entry): string {
  return new TextDecoder().decode(body.subarray(-2)).replaceAll(/[^a-z0-9]/g, "");
}

function countRows(folder: string, table: string): number {
  using db = new DatabaseSync(`${folder}/mailboxes.db`, { readOnly: true });
  return Number(db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count);
}

Deno.test("messages of one transaction share a row, which goes when all of them are acknowledged", async () => {
  await using test = await openTestStore({ limits: { maxEntries: 4 } });
  const mailbox = await openConversation(test);
  await appendAll(test, mailbox, ["m2", "m3", "m4"]);
  assert.equal(countRows(test.folder, "segment"), 1);
  await test.store.ack(alice, mailbox, 4);
  await test.store.ack(bob, mailbox, 3);
  assert.deepEqual(await bodies(test, mailbox, 3), ["m4"]);
  assert.equal((await test.store.read(bob, mailbox, 0, 10)).floor, 4);
  assert.equal(countRows(test.folder, "segment"), 1);
  await test.store.ack(bob, mailbox, 4);
  assert.equal(countRows(test.folder, "segment"), 0);
  // The quota is free again as well.
  await appendAll(test, mailbox, ["m5", "m6", "m7", "m8"]);
  await assert.rejects(appendAll(test, mailbox, ["m9"]), { code: "mailbox-full" });
});

Deno.test("head, quota and ids are found again after a crash, though messages do not touch the mailbox's row", async () => {
  await using test = await openTestStore({ limits: { maxEntries: 4 } });
  const mailbox = await openConversation(test);
  const id = randomId(), message = fakeMessage(mailbox, 1, "m2");
  const first = await test.store.append({ mailbox, from: alice, id, message });
  await appendAll(test, mailbox, ["m3", "m4"]);
  const crashed = await Deno.makeTempDir();
  for (const end of ["", "-wal"]) {
    await Deno.copyFile(`${test.folder}/mailboxes.db${end}`, `${crashed}/mailboxes.db${end}`);
  }
  const store = openStore(crashed, { limits: { maxEntries: 4 } });
  assert.deepEqual(await store.mailboxes(bob, "group:", 10), [{ mailbox, head: 4 }]);
  assert.deepEqual(await store.append({ mailbox, from: alice, id, message }), first);
  const again = { ...test, store };
  await appendAll(again, mailbox, ["m5"]);
  await assert.rejects(appendAll(again, mailbox, ["m6"]), { code: "mailbox-full" });
  await store.close();
  await Deno.remove(crashed, { recursive: true });
});

Deno.test("head is found again when everything was acknowledged and deleted", async () => {
  await using test = await openTestStore();
  const mailbox = await openConversation(test);
  await appendAll(test, mailbox, ["m2", "m3"]);
  for (const device of [alice, bob]) await test.store.ack(device, mailbox, 3);
  await test.reopen();
  assert.deepEqual(await test.store.mailboxes(bob, "group:", 10), [{ mailbox, head: 3 }]);
  const [place] = await appendAll(test, mailbox, ["m4"]);
  assert.equal(place?.seq, 4);
  assert.deepEqual(await bodies(test, mailbox, 0), ["m4"]);
});

Deno.test("messages before and after a commit of the same transaction keep their order", async () => {
  await using test = await openTestStore();
  const mailbox = await openConversation(test);
  const { store } = test;
  const batches: NewEntries[] = [];
  const seen: string[] = [];
  store.onEntries((batch) => {
    batches.push(...batch);
    for (const { entries } of batch) seen.push(...entries.map(({ seq, kind }) => `${seq} ${kind}`));
  });
  const commit = { commit: fakeCommit(mailbox, 1), add: [], remove: [] };
  await Promise.all([
    ...[1, 1].map((epoch) =>
      store.append({ mailbox, from: alice, id: randomId(), message: fakeMessage(mailbox, epoch) })
    ),
    store.commit({ mailbox, from: alice, id: randomId(), ...commit }),
    store.append({ mailbox, from: bob, id: randomId(), message: fakeMessage(mailbox, 2) }),
  ]);
  const order = ["2 message", "3 message", "4 commit", "5 message"];
  assert.deepEqual(seen, order);
  assert.equal(batches[0]?.pushes, undefined);
  const { entries } = await store.read(bob, mailbox, 1, 10);
  assert.deepEqual(entries.map(({ seq, kind }) => `${seq} ${kind}`), order);
  assert.deepEqual((await store.read(bob, mailbox, 2, 2)).entries.map(({ seq }) => seq), [3, 4]);
});

Deno.test("a transaction of more messages than a push takes becomes several rows and pushes", async () => {
  await using test = await openTestStore();
  const mailbox = await openConversation(test);
  const sizes: number[] = [];
  test.store.onEntries(([news]) => {
    for (const push of news?.pushes ?? []) {
      assert.ok(push.push === "entries" && encodePush(push).length > 0);
      sizes.push(push.entries.length);
    }
  });
  await appendAll(test, mailbox, Array.from({ length: 1_200 }, (_, i) => `m${i}`));
  assert.deepEqual(sizes, [1_000, 200]);
  const large = "x".repeat(60_000);
  await appendAll(test, mailbox, Array.from({ length: 20 }, () => large));
  assert.deepEqual(sizes.slice(2), [17, 3]);
  assert.equal(countRows(test.folder, "segment"), 4);
});

Deno.test("expire() deletes the messages of before a time and no others", async () => {
  await using test = await openTestStore();
  const mailbox = await openConversation(test);
  await appendAll(test, mailbox, ["m2", "m3"]);
  test.clock.now += 1_000;
  await appendAll(test, mailbox, ["m4"]);
  await test.store.expire(test.clock.now);
  assert.deepEqual(await bodies(test, mailbox), ["m4"]);
  assert.equal(countRows(test.folder, "segment"), 1);
});

Deno.test("messages in rows of their own, as they were written before, are read on and deleted", async () => {
  await using test = await openTestStore();
  const mailbox = await openConversation(test);
  await test.store.close();
  const id = randomId(), message = fakeMessage(mailbox, 1, "m2");
  {
    using db = new DatabaseSync(`${test.folder}/mailboxes.db`);
    assert.equal(db.prepare("PRAGMA user_version").get()?.user_version, mailboxMigrations.length);
    const row = db.prepare("SELECT id FROM mailbox WHERE name = ?").get(mailbox)!.id as number;
    const sender = db.prepare("SELECT id FROM device WHERE user = 'alice'").get()!.id as number;
    db.prepare("INSERT INTO entry VALUES (?, 2, ?, ?, 'message', 7, ?, NULL, NULL, NULL, ?)")
      .run(row, sender, id, message.length, message);
    db.prepare("UPDATE mailbox SET head = 2, entries = entries + 1, bytes = bytes + ? WHERE id = ?")
      .run(message.length, row);
  }
  test.store = openStore(test.folder);
  assert.deepEqual(await test.store.append({ mailbox, from: alice, id, message }), { seq: 2, time: 7 });
  await appendAll(test, mailbox, ["m3"]);
  assert.deepEqual(await bodies(test, mailbox), ["m2", "m3"]);
  for (const device of [alice, bob]) await test.store.ack(device, mailbox, 3);
  assert.deepEqual(await bodies(test, mailbox, 0), []);
  assert.deepEqual([countRows(test.folder, "segment"), countRows(test.folder, "entry")], [0, 1]);
});

Deno.test("whatever is appended together, acknowledged and reopened, what is left is what was appended", async () => {
  const step = fc.oneof(
    fc.record({ append: fc.integer({ min: 1, max: 6 }), repeat: fc.nat(30) }),
    fc.record({ ack: fc.nat(8) }),
    { weight: 1, arbitrary: fc.record({ reopen: fc.constant(true) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      await using test = await openTestStore();
      const mailbox = await openConversation(test);
      const log: { id: Uint8Array<ArrayBuffer>; message: Uint8Array<ArrayBuffer> }[] = [];
      let acked = 1;
      for (const it of steps) {
        if ("reopen" in it) await test.reopen();
        else if ("ack" in it) {
          acked = Math.min(log.length + 1, acked + it.ack);
          for (const device of [alice, bob]) await test.store.ack(device, mailbox, acked);
        } else {
          const fresh = Array.from({ length: it.append }, (_, i) => {
            return { id: randomId(), message: fakeMessage(mailbox, 1, `m${(log.length + i) % 10}`) };
          });
          const known = log[it.repeat];
          const sent = known === undefined || it.repeat + 2 <= acked ? fresh : [...fresh, known];
          const places = await Promise.all(
            sent.map((one) => test.store.append({ mailbox, from: alice, ...one })),
          );
          const seqs = fresh.map((_, i) => log.length + 2 + i);
          if (sent !== fresh) seqs.push(it.repeat + 2);
          assert.deepEqual(places.map(({ seq }) => seq), seqs);
          log.push(...fresh);
        }
        const { entries, head, floor } = await test.store.read(bob, mailbox, acked, 1_000);
        assert.equal(head, log.length + 1);
        assert.ok(floor <= acked + 1);
        const left = log.slice(acked - 1).map(({ message }) => new Uint8Array(message));
        assert.deepEqual(entries.map(({ body }) => new Uint8Array(body)), left);
      }
    }),
    { numRuns: 12 },
  );
});
