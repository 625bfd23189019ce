import assert from "node:assert/strict";
import type { CborValue } from "../../../lib/bytes/mod.ts";
import { decodeContent, encodeText } from "../../../lib/client/content/mod.ts";
import { Controls } from "../../../lib/client/controls.ts";
import { HistoryTransfer } from "../../../lib/client/devices/history_transfer.ts";
import { writeKnownDevices } from "../../../lib/client/devices/known_devices.ts";
import { type Client, enroll } from "../../../lib/client/mod.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { CellCipher, ClientStore } from "../../../lib/store/mod.ts";
import type { DeviceRef } from "../../../lib/wire/mod.ts";
import { inFolder } from "../../support/in_folder.ts";
import { World } from "../../support/world.ts";

const HOUR_MS = 3_600_000;
const CONVERSATION = "direct:alice,bob";

async function as<T>(world: World, who: DeviceRef, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await world.client(who);
  await client.connect();
  await client.catchUp();
  const result = await work(client);
  await world.close(client);
  return result;
}

async function linkPhone(world: World, from: DeviceRef, history: boolean): Promise<DeviceRef> {
  const { invite } = await as(world, from, ({ devices }) => devices.link("phone", HOUR_MS, history));
  const clock = () => world.relay.now();
  const right = { kind: "invite" as const, invite };
  await enroll({ home: world.home, right, device: "phone", agent: "test", clock });
  const phone = { user: from.user, device: "phone" };
  await as(world, phone, () => Promise.resolve());
  return phone;
}

function history(world: World, who: DeviceRef): Promise<string[]> {
  return as(world, who, async ({ history }) => {
    const lines = await history.read({ conversation: CONVERSATION, limit: 10_000 });
    return lines.map(({ from, text }) => `${from}: ${text}`);
  });
}

async function sendAll(world: World, who: DeviceRef, texts: string[]): Promise<void> {
  await as(world, who, async (client) => {
    for (const text of texts) await client.enqueue(who.user === "alice" ? "bob" : "alice", text);
    await client.deliver(CONVERSATION);
  });
}

Deno.test("a device that is linked with its user's history gets it, in order, before what comes later", async () => {
  await using world = await World.open();
  const [laptop, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/desk")];
  const texts = Array.from({ length: 40 }, (_, n) => `${n} ${"x".repeat(3_000)}`);
  await sendAll(world, laptop, texts);
  await sendAll(world, bob, ["an answer", "and another one"]);
  await world.inbox(laptop);
  await as(world, laptop, async (client) => {
    const [{ id } = { id: "" }] = client.history.after(0, 1);
    await client.composer.enqueue(CONVERSATION, { type: "edit", target: id, text: "the first, edited" });
    await client.deliver(CONVERSATION);
  });
  const phone = await linkPhone(world, laptop, true);
  await world.inbox(laptop);
  await sendAll(world, bob, ["later"]);
  const expected = await history(world, laptop);
  assert.equal(expected.length, 43);
  assert.equal(expected[0], "alice: the first, edited");
  assert.deepEqual(await history(world, phone), expected);
  // What is old is not shown as new.
  assert.deepEqual(await world.inbox(phone), ["later"]);
  assert.deepEqual(world.warnings, []);
});

Deno.test("a device that is linked without it gets no history, and nobody else does", async () => {
  await using world = await World.open();
  const [laptop, tablet, bob] = [
    await world.enrol("alice/laptop"),
    await world.enrol("alice/tablet"),
    await world.enrol("bob/desk"),
  ];
  await sendAll(world, laptop, ["one", "two"]);
  await world.inbox(bob);
  await as(world, tablet, ({ devices }) => devices.list());
  const before = await history(world, tablet);
  const phone = await linkPhone(world, laptop, false);
  await world.inbox(laptop);
  assert.deepEqual(await history(world, phone), []);
  assert.deepEqual(await history(world, tablet), before);
});

Deno.test("history is not given where its time is up", async () => {
  await using world = await World.open();
  const laptop = await world.enrol("alice/laptop");
  await world.enrol("bob/desk");
  await as(world, laptop, async (client) => {
    const soon = { type: "text", text: "vanishes", expiresInMs: 60_000 } as const;
    await client.composer.enqueue(CONVERSATION, soon);
    await client.enqueue("bob", "stays");
    await client.deliver(CONVERSATION);
  });
  const phone = await linkPhone(world, laptop, true);
  await world.inbox(laptop);
  world.relay.pass(61_000);
  assert.deepEqual(await history(world, phone), ["alice: stays"]);
  assert.deepEqual(await history(world, phone), ["alice: stays"]);
});

const OWN = "direct:alice,alice";

/** A device's transfer over a real store; `deliverNow` stands for the way to the relay. */
function openTransfer(folder: string, device: string, deliverNow = () => Promise.resolve()) {
  Deno.mkdirSync(folder);
  const cipher = new CellCipher(systemRandom(32), systemRandom);
  const store = ClientStore.open(folder, { cipher, holder: "test" });
  const self = { user: "alice", device };
  const clock = () => new Date(1_800_000_000_000);
  const controls = new Controls(store, self, systemRandom, clock);
  const transfer = new HistoryTransfer({ self, store, clock, controls, deliverNow });
  const hear = (body: CborValue, { user = "alice", mailbox = OWN } = {}) => {
    const message = { mailbox, seq: 1, time: 1, from: { user, device: "laptop" }, body };
    return store.transaction(() => controls.take("history", message));
  };
  const ids = () => store.messages.relayedBefore(Number.MAX_SAFE_INTEGER, 10_000).map(({ id }) => id.toHex());
  return { store, transfer, hear, ids };
}

function lineOf(n: number, change: Record<string, CborValue> = {}): Record<string, CborValue> {
  const id = new Uint8Array(16).fill(n);
  const content = encodeText(`text ${n}`, systemRandom);
  return { mailbox: CONVERSATION, id, seq: n, user: "bob", device: "desk", time: n, content, ...change };
}

Deno.test("HistoryTransfer takes what an own device gives to this one, each line once, and nothing else", () =>
  inFolder(async (folder) => {
    const { store, hear, ids } = openTransfer(`${folder}/phone`, "phone");
    const device = "phone";
    await hear({ device, lines: [lineOf(1)] }, { user: "bob" });
    await hear({ device, lines: [lineOf(1)] }, { mailbox: CONVERSATION });
    await hear({ device: "tablet", lines: [lineOf(1)] });
    const bad: CborValue[] = [
      ...[lineOf(1, { mailbox: "elsewhere" }), lineOf(1, { id: new Uint8Array(15) }), lineOf(1, { seq: -1 })],
      ...[lineOf(1, { user: "Bob" }), lineOf(1, { time: "now" }), lineOf(1, { more: true }), 1, null],
    ];
    for (const line of bad) await hear({ device, lines: [line] });
    for (const body of [null, [], { device }, { device, lines: 1 }]) await hear(body);
    // What cannot be read is left out, and the rest is taken.
    const unreadable = lineOf(9, { content: new Uint8Array([1, 2, 3]) });
    assert.deepEqual(ids(), []);
    await hear({ device, lines: [unreadable, lineOf(3), lineOf(2), lineOf(3)] });
    await hear({ device, lines: [lineOf(3), lineOf(1)] });
    assert.deepEqual(ids(), [3, 2, 1].map((n) => new Uint8Array(16).fill(n).toHex()));
    await store.close();
  }));

Deno.test("HistoryTransfer goes on where it was cut off and sends each line once", () =>
  inFolder(async (folder) => {
    let cuts = 3;
    const laptop = openTransfer(`${folder}/laptop`, "laptop", () => {
      // The first attempt ends before anything is made ready, the others when something is on its way.
      return cuts-- > 0 && cuts !== 1 ? Promise.reject(new Error("cut off")) : Promise.resolve();
    });
    const phone = openTransfer(`${folder}/phone`, "phone");
    await laptop.store.transaction(() => {
      for (let n = 0; n < 2_000; n++) {
        const content = encodeText("x".repeat(800), systemRandom);
        const id = systemRandom(16);
        const origin = { mailbox: CONVERSATION, seq: n + 1, user: "bob", device: "desk", time: n };
        laptop.store.messages.add({ ...origin, id, kind: "message", outgoing: false, content });
      }
      const owed = [{ device: "phone", before: laptop.store.messages.lastPosition() + 1 }];
      writeKnownDevices(laptop.store, { placed: new Map(), seen: new Map(), expected: [], owed });
    });
    const member = { leaf: 1, user: "alice", device: "phone", serial: "1", signatureKey: new Uint8Array(32) };
    laptop.store.groups.members = () => [{ ...member, since: 1 }];
    const send = () => laptop.transfer.send(undefined as never);
    await assert.rejects(send());
    await assert.rejects(send());
    await send();
    for (const { content } of laptop.store.outbox.unsealed(OWN, 1_000)) {
      const decoded = decodeContent(content);
      assert.ok(decoded.kind === "control");
      await phone.hear(decoded.body);
    }
    assert.deepEqual(phone.ids(), laptop.ids());
    assert.equal(new Set(phone.ids()).size, 2_000);
    await Promise.all([laptop.store.close(), phone.store.close()]);
  }));
