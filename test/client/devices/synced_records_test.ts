import assert from "node:assert/strict";
import fc from "fast-check";
import type { CborValue } from "../../../lib/bytes/mod.ts";
import { decodeContent } from "../../../lib/client/content/mod.ts";
import { Controls } from "../../../lib/client/controls.ts";
import { encodeDeviceLabel } from "../../../lib/client/devices/device_label.ts";
import { SyncedRecords } from "../../../lib/client/devices/synced_records.ts";
import { encodeMark } from "../../../lib/client/people/mark.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { CellCipher, ClientStore, type SyncedRow } from "../../../lib/store/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

const NOW_MS = 1_800_000_000_000;
const SELF = { user: "alice", device: "laptop" };
const PHONE = { user: "alice", device: "phone" };
const OWN = "direct:alice,alice";

/** A device's records over a real store, and what hands control messages to them. */
function openDevice(folder: string) {
  const cipher = new CellCipher(systemRandom(32), systemRandom);
  Deno.mkdirSync(folder);
  const store = ClientStore.open(folder, { cipher, holder: "test" });
  const clock = () => new Date(NOW_MS);
  const controls = new Controls(store, SELF, systemRandom, clock);
  const unused = () => Promise.reject(new Error("nothing is sent here"));
  const records = new SyncedRecords({
    ...{ self: SELF, store, clock, controls, serially: unused, deliverNow: unused },
    link: { connection: undefined } as never,
    warn: (error) => assert.fail(error.message),
  });
  const hear = (body: CborValue, { from = PHONE, mailbox = OWN, time = NOW_MS } = {}) =>
    store.transaction(() => controls.take("synced", { mailbox, seq: 1, time, from, body }));
  const read = () => (["mark", "label"] as const).flatMap((kind) => store.synced.list(kind));
  return { store, records, hear, read };
}

function label(name: string, time: number, text: string): SyncedRow {
  return { kind: "label", name, time, value: encodeDeviceLabel(text) };
}

function bodyOf(...rows: SyncedRow[]): CborValue {
  return { records: rows.map((row) => ({ ...row })) };
}

Deno.test("SyncedRecords takes what the user's devices say, and of two records the later one", () =>
  inFolder(async (folder) => {
    const { store, hear, read } = openDevice(`${folder}/a`);
    await hear(bodyOf(label("phone", 10, "first"), label("desk", 10, "desk")));
    await hear(bodyOf(label("phone", 9, "older")));
    assert.deepEqual(read(), [label("desk", 10, "desk"), label("phone", 10, "first")]);
    await hear(bodyOf(label("phone", 11, "newer")));
    assert.deepEqual(store.synced.get("label", "phone"), label("phone", 11, "newer"));
    // A time to come counts as the time of the message, so that a later record can take its place.
    await hear(bodyOf(label("phone", NOW_MS * 2, "from a wrong clock")));
    assert.equal(store.synced.get("label", "phone")?.time, NOW_MS);
    await store.close();
  }));

Deno.test("SyncedRecords takes nothing of others, and nothing that it does not understand", () =>
  inFolder(async (folder) => {
    const { store, hear, read } = openDevice(`${folder}/a`);
    const good = label("phone", 10, "x");
    await hear(bodyOf(good), { from: { user: "bob", device: "phone" } });
    await hear(bodyOf(good), { mailbox: "direct:alice,bob" });
    const { value } = good;
    const bad: unknown[] = [
      { ...good, kind: "other" },
      { ...good, name: "../x" },
      { ...good, time: -1 },
      { ...good, time: 1.5 },
      { ...good, more: 1 },
      { ...good, value: "text" },
      { ...good, value: new Uint8Array(40_000) },
      { ...good, value: value.subarray(1) },
      { ...good, value: encodeDeviceLabel("a\nb") },
      { ...good, kind: "mark" },
      { kind: "mark", name: "bob", time: 1, value: encodeMark({ state: "verified", keys: [] }).subarray(1) },
      {
        kind: "mark",
        name: "bob",
        time: 1,
        value: encodeMark({ state: "verified", keys: [{ device: "x", key: new Uint8Array(31) }] }),
      },
    ];
    for (const one of bad) await hear({ records: [one as CborValue] });
    for (const body of [null, [], {}, { records: 1 }, "x"]) await hear(body);
    assert.deepEqual(read(), []);
    await store.close();
  }));

Deno.test("devices that hear the same records in any order agree", () =>
  inFolder(async (folder) => {
    const [one, other] = [openDevice(`${folder}/a`), openDevice(`${folder}/b`)];
    const row = fc.record({
      name: fc.constantFrom("desk", "phone"),
      time: fc.nat({ max: 3 }),
      text: fc.constantFrom("a", "b", "c"),
    }).map(({ name, time, text }) => label(name, time, text));
    const rows = fc.array(row, { minLength: 1, maxLength: 8 });
    const order = rows.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }))
    );
    await fc.assert(
      fc.asyncProperty(order, async ([some, shuffled]) => {
        for (const record of some) await one.hear(bodyOf(record));
        await other.hear(bodyOf(...shuffled));
        assert.deepEqual(other.read(), one.read());
      }),
      { numRuns: 40 },
    );
    await Promise.all([one.store.close(), other.store.close()]);
  }));

Deno.test("enqueueAll() gives all records in messages that fit", () =>
  inFolder(async (folder) => {
    const { store, records, hear, read } = openDevice(`${folder}/a`);
    assert.equal(await store.transaction(() => records.enqueueAll()), false);
    const key = (n: number) => ({ device: "d", key: new Uint8Array(32).fill(n) });
    const value = encodeMark({ state: "verified", keys: Array.from({ length: 400 }, (_, n) => key(n)) });
    await store.transaction(() => {
      for (let n = 0; n < 9; n++) store.synced.put({ kind: "mark", name: `user${n}`, time: n, value });
    });
    assert.equal(await store.transaction(() => records.enqueueAll()), true);
    const before = read();
    const messages = store.outbox.unsealed(OWN, 100);
    assert.ok(messages.length > 1 && messages.every(({ content }) => content.length < 60_000));
    await store.transaction(() => {
      for (const { kind, name } of before) store.synced.put({ kind, name, time: 0, value: new Uint8Array() });
    });
    for (const { content } of messages) {
      const decoded = decodeContent(content);
      assert.ok(decoded.kind === "control");
      await hear(decoded.body);
    }
    assert.deepEqual(read().slice(1), before.slice(1));
    await store.close();
  }));
