import assert from "node:assert/strict";
import { CellCipher, ClientStore } from "../../lib/store/mod.ts";
import { encodeUtf8 } from "../../lib/bytes/mod.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";

const mailbox = "direct:alice,bob";

async function withStore(
  use: (store: ClientStore, folder: string, cipher: CellCipher) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const cipher = new CellCipher(systemRandom(32), systemRandom);
  const store = ClientStore.open(folder, { cipher, holder: "test" });
  try {
    await use(store, folder, cipher);
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const rows = (number: number) => ({
  number,
  epoch: encodeUtf8(`secrets of epoch ${number}`),
  tree: encodeUtf8("tree"),
  secrets: encodeUtf8(`where ratchets of epoch ${number} come from`),
  members: [
    { leaf: 0, user: "alice", device: "one", serial: "0a", signatureKey: new Uint8Array(32) },
    { leaf: 2, user: "bob", device: "one", serial: "0b", signatureKey: new Uint8Array(32).fill(1) },
  ],
  ratchets: new Map<number, Uint8Array>(),
});

/** The same with what the store adds. */
const seated = (number: number, since = 1) => {
  const all = rows(number);
  return { ...all, members: all.members.map((one) => ({ ...one, since })) };
};

Deno.test("transaction() leaves nothing behind when it fails", () =>
  withStore(async (store) => {
    await assert.rejects(
      store.transaction(() => {
        store.mailboxes.advance(mailbox, 7);
        store.groups.replace(mailbox, rows(1), 1);
        throw new Error("in the middle");
      }),
      /in the middle/,
    );
    assert.equal(store.mailboxes.get(mailbox).cursor, 0);
    assert.equal(store.groups.epochNumber(mailbox), undefined);
  }));

Deno.test("transaction() runs one at a time, in the order of the calls", () =>
  withStore(async (store) => {
    const order: string[] = [];
    const step = (name: string) =>
      store.transaction(async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
      });
    await Promise.all([step("one"), step("two")]);
    assert.deepEqual(order, ["one begins", "one ends", "two begins", "two ends"]);
  }));

Deno.test("transaction() gives up after the time allowed and names the holder", async () => {
  const folder = await Deno.makeTempDir();
  const cipher = new CellCipher(systemRandom(32), systemRandom);
  const first = ClientStore.open(folder, { cipher, holder: "parley connect (pid 17)" });
  const second = ClientStore.open(folder, { cipher, holder: "parley send (pid 18)", lockTimeoutMs: 30 });
  const release = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const holding = first.transaction(() => {
    held.resolve();
    return release.promise;
  });
  await held.promise;
  await assert.rejects(second.transaction(() => {}), {
    code: "storage-locked",
    message: /parley connect \(pid 17\)/,
  });
  release.resolve();
  await holding;
  await second.transaction(() => second.mailboxes.advance(mailbox, 1));
  assert.equal(first.mailboxes.get(mailbox).cursor, 1);
  await first.close();
  await second.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("groups write one row for a message, and for an epoch only the members that changed", () =>
  withStore(async (store) => {
    const { groups } = store;
    await store.transaction(() => groups.replace(mailbox, rows(1), 1));
    assert.deepEqual(groups.group(mailbox), seated(1));
    assert.equal(groups.ratchet(mailbox, 2), undefined);
    await store.transaction(() => {
      groups.setSecrets(mailbox, encodeUtf8("what is left"));
      groups.setRatchet(mailbox, 2, encodeUtf8("ratchet 2"));
    });
    assert.deepEqual(groups.ratchet(mailbox, 2), encodeUtf8("ratchet 2"));
    assert.deepEqual(groups.group(mailbox)!.ratchets, new Map([[2, encodeUtf8("ratchet 2")]]));
    assert.deepEqual(groups.secrets(mailbox), encodeUtf8("what is left"));
    await store.transaction(() => groups.replace(mailbox, rows(2), 7));
    assert.deepEqual(groups.group(mailbox), seated(2));
    await store.transaction(() => groups.remove(mailbox));
    assert.equal(groups.group(mailbox), undefined);
    assert.deepEqual(groups.conversations(), []);
  }));

Deno.test("groups remember since when a device is a member, also when it gets another leaf or key", () =>
  withStore(async (store) => {
    const { groups } = store;
    await store.transaction(() => groups.replace(mailbox, rows(1), 3));
    const [alice, bob] = rows(2).members;
    const moved = { ...bob!, leaf: 4, signatureKey: new Uint8Array(32).fill(9), serial: "0c" };
    const carol = { ...bob!, leaf: 2, user: "carol", signatureKey: new Uint8Array(32).fill(2), serial: "0d" };
    await store.transaction(() =>
      groups.replace(mailbox, { ...rows(2), members: [alice!, carol, moved] }, 8)
    );
    assert.deepEqual(groups.members(mailbox).map(({ user, since }) => [user, since]), [
      ["alice", 3],
      ["carol", 8],
      ["bob", 3],
    ]);
    assert.deepEqual(groups.seatOf(mailbox, { user: "bob", device: "one" })!.leaf, 4);
    assert.equal(groups.countMembers(mailbox), 3);
  }));

Deno.test("groups count what was sent since this device has made new keys", () =>
  withStore(async (store) => {
    const { groups } = store;
    await store.transaction(() => groups.replace(mailbox, rows(1), 1));
    assert.deepEqual({ ...groups.keyAge(mailbox) }, { refreshed: 0, sent: 0 });
    await store.transaction(() => {
      groups.setRefreshed(mailbox, 1_000);
      groups.countSent(mailbox, 3);
      groups.replace(mailbox, rows(2), 2);
    });
    assert.deepEqual({ ...groups.keyAge(mailbox) }, { refreshed: 1_000, sent: 3 });
    assert.deepEqual(groups.keyAges().map((one) => ({ ...one })), [
      { mailbox, refreshed: 1_000, sent: 3, members: 2 },
    ]);
  }));

Deno.test("groupProfiles keep names encrypted, and who leaves", async () => {
  await withStore(async (store, folder) => {
    const { groupProfiles } = store;
    await store.transaction(() => {
      groupProfiles.setName("group:1", "the secret team");
      groupProfiles.setLeavers("group:1", ["bob", "carol"]);
    });
    assert.equal(groupProfiles.name("group:1"), "the secret team");
    assert.deepEqual(groupProfiles.names(), new Map([["group:1", "the secret team"]]));
    assert.deepEqual(groupProfiles.withLeavers(), ["group:1"]);
    for await (const { name } of Deno.readDir(folder)) {
      assert.ok(
        !new TextDecoder("latin1").decode(await Deno.readFile(`${folder}/${name}`)).includes("secret team"),
        name,
      );
    }
    await store.transaction(() => {
      groupProfiles.setLeavers("group:1", []);
      groupProfiles.delete("group:1");
    });
    assert.equal(groupProfiles.name("group:1"), undefined);
    assert.deepEqual(groupProfiles.withLeavers(), []);
  });
});

Deno.test("the outbox keeps order, and forgets ciphertexts of other epochs but not the messages", () =>
  withStore(async (store) => {
    const ids = [1, 2, 3].map((n) => new Uint8Array(16).fill(n));
    await store.transaction(() => {
      for (const id of ids) store.outbox.add({ id, mailbox, content: id });
      store.outbox.setSealed(ids[0]!, 1, encodeUtf8("sealed"));
    });
    assert.deepEqual(store.outbox.sealed(mailbox, 9), [{
      id: ids[0]!,
      message: encodeUtf8("sealed"),
      expires: null,
    }]);
    assert.deepEqual(store.outbox.unsealed(mailbox, 1).map(({ content }) => content), [ids[1]]);
    await store.transaction(() => store.outbox.unsealOthers(mailbox, 2));
    assert.deepEqual(store.outbox.unsealed(mailbox, 9).map(({ id }) => id), ids);
    await store.transaction(() => {
      store.outbox.setSealed(ids[0]!, 2, encodeUtf8("sealed"));
      assert.equal(store.outbox.withdraw(ids[0]!), false);
      assert.equal(store.outbox.withdraw(ids[2]!), true);
      store.outbox.delete(ids[0]!);
    });
    assert.deepEqual([store.outbox.has(ids[0]!), store.outbox.has(ids[1]!)], [false, true]);
    assert.deepEqual(store.outbox.mailboxes(), [mailbox]);
  }));

Deno.test("the history takes an entry once, and gives what was not shown once", () =>
  withStore(async (store) => {
    const line = {
      id: new Uint8Array(16).fill(9),
      mailbox,
      seq: 4,
      user: "bob",
      device: "one",
      time: 1_700_000_000_000,
      kind: "message" as const,
      outgoing: false,
      content: encodeUtf8("hello"),
    };
    await store.transaction(() => store.messages.add(line));
    await assert.rejects(store.transaction(() => store.messages.add(line)), { kind: "storage" });
    const [stored, ...more] = store.messages.notShown(9);
    assert.deepEqual(more, []);
    assert.deepEqual(stored, { ...line, position: 1 });
    await store.transaction(() => store.messages.setShown(stored!.position, 0));
    assert.deepEqual(store.messages.notShown(9), []);
    assert.equal(store.messages.after(0, 9).length, 1);
  }));

Deno.test("secrets stand encrypted in the database, and open with no other key", async () => {
  await withStore(async (store, folder) => {
    await store.transaction(() => {
      store.groups.replace(mailbox, rows(1), 1);
      store.outbox.add({ id: new Uint8Array(16), mailbox, content: encodeUtf8("a secret plan") });
    });
    for (const name of ["parley.db", "parley.db-wal"]) {
      const text = new TextDecoder("latin1").decode(await Deno.readFile(`${folder}/${name}`));
      for (const secret of ["secrets of epoch", "ratchet 2", "a secret plan"]) {
        assert.ok(!text.includes(secret));
      }
    }
    const other = ClientStore.open(folder, {
      cipher: new CellCipher(systemRandom(32), systemRandom),
      holder: "thief",
    });
    assert.throws(() => other.groups.epoch(mailbox), { code: "decryption-failed" });
    await other.close();
  });
});

Deno.test("CellCipher refuses a value in another value's place", () => {
  const cipher = new CellCipher(systemRandom(32), systemRandom);
  const sealed = cipher.seal("members|m|1", encodeUtf8("x"));
  assert.deepEqual(cipher.open("members|m|1", sealed), encodeUtf8("x"));
  assert.throws(() => cipher.open("members|m|2", sealed), { code: "decryption-failed" });
  assert.throws(() => cipher.open("members|m|1", sealed.subarray(0, 5)), { name: /Error/ });
});

Deno.test("changes that wait together share a transaction, and one that fails leaves the others", () =>
  withStore(async (store) => {
    const results = await Promise.allSettled(
      [1, 2, 3].map((n) =>
        store.transaction(async () => {
          store.mailboxes.advance(`device:alice/${n}`, n);
          await Promise.resolve();
          if (n === 2) throw new Error("in the middle");
          return n;
        })
      ),
    );
    assert.deepEqual(results.map((one) => one.status), ["fulfilled", "rejected", "fulfilled"]);
    assert.deepEqual([1, 2, 3].map((n) => store.mailboxes.get(`device:alice/${n}`).cursor), [1, 0, 3]);
  }));
