import assert from "node:assert/strict";
import type { Client } from "../../../lib/client/mod.ts";
import type { DeviceRef } from "../../../lib/wire/mod.ts";
import { World } from "../../support/world.ts";

async function as<T>(world: World, who: DeviceRef, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await world.client(who);
  await client.connect();
  await client.catchUp();
  try {
    return await work(client);
  } finally {
    await world.close(client);
  }
}

function numberOf(world: World, who: DeviceRef, other: string): Promise<string> {
  return as(world, who, async ({ people }) => (await people.verification(other)).safetyNumber);
}

function send(world: World, who: DeviceRef, to: string, text: string, acceptChange = false): Promise<void> {
  return as(world, who, async (client) => {
    const sent = await client.enqueue(to, text);
    if (acceptChange) await client.people.acceptChanges(sent.conversation);
    await client.deliverSent(sent);
  });
}

async function verify(world: World, who: DeviceRef, other: string): Promise<void> {
  await as(world, who, async ({ people }) => people.confirm(await people.verification(other)));
}

Deno.test("verification() gives both sides the same number, with and without a conversation", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/desk")];
  const first = await numberOf(world, alice, "bob");
  assert.equal(await numberOf(world, bob, "alice"), first);
  await world.send(alice, "bob", "hello");
  assert.equal(await numberOf(world, bob, "alice"), first);
  const phone = await world.enrol("alice/phone");
  const second = await numberOf(world, bob, "alice");
  assert.notEqual(second, first);
  for (const device of [alice, phone]) assert.equal(await numberOf(world, device, "bob"), second);
  await as(world, alice, ({ devices }) => devices.revoke("phone"));
  for (const [device, other] of [[alice, "bob"], [bob, "alice"]] as const) {
    assert.equal(await numberOf(world, device, other), first);
  }
  await assert.rejects(numberOf(world, alice, "alice"), { code: "verify-self" });
  await assert.rejects(numberOf(world, alice, "nobody"), { code: "unknown-user" });
});

Deno.test("compare() marks a user verified where the digits are right, however they are spaced", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/desk")];
  const digits = await numberOf(world, bob, "alice");
  const compare = (code: string) =>
    as(world, alice, async ({ people }) => people.compare(await people.verification("bob"), code));
  const wrong = digits.replace(/.$/, (last) => String((Number(last) + 1) % 10));
  await assert.rejects(compare(wrong), { code: "safety-number-wrong", kind: "authentication" });
  await assert.rejects(compare("123"), { code: "safety-number-malformed" });
  assert.equal(await as(world, alice, ({ people }) => Promise.resolve(people.stateOf("bob"))), "unverified");
  await compare(digits.replace(/(.{5})/g, "$1 "));
  assert.equal(await as(world, alice, ({ people }) => Promise.resolve(people.stateOf("bob"))), "verified");
});

Deno.test("a verified user's new device gets nothing until it is accepted or compared", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/desk")];
  await send(world, alice, "bob", "first");
  await verify(world, alice, "bob");
  await send(world, alice, "bob", "second");
  const phone = await world.enrol("bob/phone");
  const blocked = {
    code: "verification-changed",
    kind: "authentication",
    message: /^bob has new devices since they were verified: phone \(SHA256:/,
  };
  await assert.rejects(send(world, alice, "bob", "third"), blocked);
  await assert.rejects(send(world, alice, "bob", "third"), blocked);
  const changed = await as(world, alice, ({ people }) => people.verification("bob"));
  assert.equal(changed.state, "changed");
  assert.deepEqual(changed.devices.filter(({ isNew }) => isNew).map(({ device }) => device), ["phone"]);
  await send(world, alice, "bob", "fourth", true);
  // What was refused was taken back.
  assert.deepEqual((await world.inbox(bob)).filter((one) => one !== "first" && one !== "second"), ["fourth"]);
  assert.deepEqual(await world.inbox(phone), ["fourth"]);
  assert.equal((await as(world, alice, ({ people }) => people.verification("bob"))).state, "accepted");
  await verify(world, alice, "bob");
  assert.equal((await as(world, alice, ({ people }) => people.verification("bob"))).state, "verified");
  await world.enrol("bob/tablet");
  await assert.rejects(send(world, alice, "bob", "fifth"), { code: blocked.code });
  await as(world, alice, ({ people }) => people.forget("bob"));
  await send(world, alice, "bob", "sixth");
});

Deno.test("a device that goes is shown and keeps nobody from writing", async () => {
  await using world = await World.open();
  const alice = await world.enrol("alice/laptop");
  await world.enrol("bob/desk");
  const phone = await world.enrol("bob/phone");
  await send(world, alice, "bob", "first");
  await verify(world, alice, "bob");
  world.relay.admin.authority.revoke(phone);
  await send(world, alice, "bob", "second");
  const { state, gone } = await as(world, alice, ({ people }) => people.verification("bob"));
  assert.deepEqual([state, gone], ["verified", ["phone"]]);
});

Deno.test("marks are known to all devices of the user, and to new ones", async () => {
  await using world = await World.open();
  const [laptop, desk] = [await world.enrol("alice/laptop"), await world.enrol("alice/desk")];
  await world.enrol("bob/one");
  await send(world, laptop, "bob", "hello");
  await Promise.all([world.inbox(laptop), world.inbox(desk)]);
  await verify(world, laptop, "bob");
  const stateAt = (who: DeviceRef) =>
    as(world, who, async ({ people }) => (await people.verification("bob")).state);
  assert.equal(await stateAt(desk), "verified");
  const phone = await world.enrol("alice/phone");
  await world.inbox(desk);
  assert.equal(await stateAt(phone), "verified");
  await as(world, phone, ({ people }) => people.forget("bob"));
  assert.equal(await stateAt(laptop), "unverified");
});

Deno.test("a member whom the relay conceals is part of the number and keeps messages back", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/desk")];
  await send(world, alice, "bob", "first");
  await verify(world, alice, "bob");
  const ghost = await world.enrol("bob/ghost");
  await world.inbox(bob); // bob's own device adds it
  const { authority } = world.relay.ca;
  const list = authority.list.bind(authority);
  authority.list = (filter) => list(filter).filter(({ device }) => device !== ghost.device);
  const { state, devices } = await as(world, alice, ({ people }) => people.verification("bob"));
  assert.equal(state, "changed");
  assert.deepEqual(devices.filter(({ isNew }) => isNew).map(({ device }) => device), ["ghost"]);
  await assert.rejects(send(world, alice, "bob", "second"), { code: "verification-changed" });
});
