import assert from "node:assert/strict";
import { openIdentity } from "../../../lib/client/identity.ts";
import { type Client, enroll } from "../../../lib/client/mod.ts";
import { parseInvite } from "../../../lib/pki/mod.ts";
import { dial } from "../../../lib/transport/mod.ts";
import type { DeviceRef } from "../../../lib/wire/mod.ts";
import { World } from "../../support/world.ts";

const HOUR_MS = 3_600_000;

/** Works as one process would that connects and ends. */
async function as<T>(world: World, who: DeviceRef, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await world.client(who);
  await client.connect();
  await client.catchUp();
  const result = await work(client);
  await world.close(client);
  return result;
}

function link(world: World, from: DeviceRef, device: string, expiresInMs = HOUR_MS): Promise<string> {
  return as(world, from, async ({ devices }) => (await devices.link(device, expiresInMs)).invite);
}

async function redeem(world: World, invite: string, device: string): Promise<DeviceRef> {
  const clock = () => world.relay.now();
  await enroll({ home: world.home, right: { kind: "invite", invite }, device, agent: "test", clock });
  const { user } = parseInvite(invite);
  await as(world, { user, device }, () => Promise.resolve());
  return { user, device };
}

/** All texts that a device knows, whoever sent them. */
function texts(world: World, who: DeviceRef): Promise<string[]> {
  return as(world, who, ({ history }) => Promise.resolve(history.after(0, 1_000).map(({ text }) => text)));
}

Deno.test("a linked device becomes a member of every conversation and reads what its user and others write", async () => {
  await using world = await World.open();
  const [laptop, bob, carol] = [
    await world.enrol("alice/laptop"),
    await world.enrol("bob/desk"),
    await world.enrol("carol/desk"),
  ];
  await world.send(laptop, "bob", "before");
  await world.send(laptop, "carol", "before, too");
  await Promise.all([world.inbox(bob), world.inbox(carol)]);
  const phone = await redeem(world, await link(world, laptop, "phone"), "phone");
  // The laptop notices, without sending anything.
  await world.inbox(laptop);
  await world.send(bob, "alice", "from bob");
  await world.send(laptop, "carol", "from the laptop");
  assert.deepEqual((await texts(world, phone)).sort(), ["from bob", "from the laptop"]);
  await world.send(phone, "bob", "from the phone");
  assert.ok((await texts(world, laptop)).includes("from the phone"));
  assert.deepEqual(await world.inbox(bob), ["from the phone"]);
  assert.deepEqual(world.warnings, []);
});

Deno.test("a device that stays connected adds a new one at once", async () => {
  await using world = await World.open();
  const [laptop, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/desk")];
  await world.send(laptop, "bob", "before");
  const invite = await link(world, laptop, "phone");
  const client = await world.client(laptop);
  const stop = new AbortController();
  const online = Promise.withResolvers<void>();
  const running = client.run(stop.signal, {
    onState: (state) => state === "online" && online.resolve(),
    onTrouble: (error) => world.warnings.push(error),
  });
  await Promise.race([online.promise, running]);
  const phone = await redeem(world, invite, "phone");
  await memberOf(world, phone, "direct:alice,bob");
  stop.abort();
  await running;
  await world.send(bob, "alice", "hello, both");
  assert.deepEqual(await texts(world, phone), ["hello, both"]);
  assert.deepEqual(world.warnings, []);
});

/** Asks the relay until a device may read a conversation. */
async function memberOf(world: World, who: DeviceRef, conversation: string): Promise<void> {
  const passphrase = () => Promise.reject(new Error("there is none"));
  const { facts, tls, trust } = await openIdentity(world.home, who, passphrase, () => world.relay.now());
  const connection = await dial({ ...facts, identity: tls, checkServer: trust.checkServer(facts.host) });
  await connection.request("hello", { version: 1, agent: "test" });
  for (let names: string[] = []; !names.includes(conversation);) {
    const { mailboxes } = await connection.request("mailboxes", {});
    names = mailboxes.map(({ mailbox }) => mailbox);
  }
  await connection.close();
}

Deno.test("an invite is refused when it is used twice, too late, under another name, or after its maker's end", async () => {
  await using world = await World.open();
  const [laptop, desk] = [await world.enrol("alice/laptop"), await world.enrol("alice/desk")];
  const used = await link(world, laptop, "phone");
  await redeem(world, used, "phone");
  const again = parseInvite(used);
  const refused = async (code: string, invite: string, device: string) => {
    const right = { kind: "invite" as const, invite };
    const clock = () => world.relay.now();
    await assert.rejects(enroll({ home: `${world.home}-x`, right, device, agent: "test", clock }), { code });
  };
  await refused("invite-used", used, "phone");
  await refused("invite-device", await link(world, laptop, "tablet"), "other");
  const short = await link(world, laptop, "late", 1_000);
  world.relay.pass(2_000);
  await refused("invite-expired", short, "late");
  const stolen = await link(world, desk, "thief");
  await as(world, laptop, ({ devices }) => devices.revoke("desk"));
  await refused("invite-revoked", stolen, "thief");
  assert.equal(again.user, "alice");
});

Deno.test("list() shows devices with labels, which all devices of the user learn", async () => {
  await using world = await World.open();
  const laptop = await world.enrol("alice/laptop");
  await as(world, laptop, ({ devices }) => devices.rename("laptop", " work "));
  const phone = await redeem(world, await link(world, laptop, "phone"), "phone");
  await world.inbox(laptop); // tells the phone what it knows
  const labels = (who: DeviceRef) =>
    as(world, who, async ({ devices }) => (await devices.list()).map(({ device, label }) => [device, label]));
  assert.deepEqual(await labels(phone), [["laptop", "work"], ["phone", ""]]);
  await as(world, phone, ({ devices }) => devices.rename("phone", "mine"));
  await as(world, phone, ({ devices }) => devices.rename("laptop", ""));
  assert.deepEqual(await labels(laptop), [["laptop", ""], ["phone", "mine"]]);
  const [first, second] = await as(world, phone, ({ devices }) => devices.list());
  assert.deepEqual([first?.isThis, first?.online, second?.isThis, second?.online], [
    false,
    false,
    true,
    true,
  ]);
  assert.match(first!.fingerprint, /^SHA256:/);
  assert.ok(first!.expires > world.relay.now() && first!.lastSeen! <= world.relay.now());
  const renaming = as(world, phone, ({ devices }) => devices.rename("nothing", "x"));
  await assert.rejects(renaming, { code: "device-unknown" });
  await assert.rejects(as(world, phone, ({ devices }) => devices.rename("phone", "a\nb")), {
    code: "label-malformed",
  });
});

Deno.test("revoke() takes another device out of all conversations, and never the one that asks", async () => {
  await using world = await World.open();
  const [laptop, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/desk")];
  const phone = await redeem(world, await link(world, laptop, "phone"), "phone");
  await world.send(laptop, "bob", "before");
  assert.deepEqual(await texts(world, phone), ["before"]);
  await assert.rejects(as(world, laptop, ({ devices }) => devices.revoke("laptop")), { code: "device-own" });
  await as(world, laptop, async (client) => {
    await client.devices.revoke("phone");
    await client.catchUp();
    assert.deepEqual((await client.devices.list()).map(({ device }) => device), ["laptop"]);
  });
  await assert.rejects(as(world, phone, () => Promise.resolve()), { code: "cert-revoked" });
  // Nobody has to send first: the group is without it already.
  await world.send(bob, "alice", "after");
  assert.ok((await texts(world, laptop)).includes("after"));
});

Deno.test("a device that one's own has not linked is warned of, once", async () => {
  await using world = await World.open();
  const laptop = await world.enrol("alice/laptop");
  await world.inbox(laptop);
  await world.enrol("alice/ghost");
  await world.inbox(laptop);
  await world.inbox(laptop);
  assert.deepEqual(world.warnings.map(({ code }) => code), ["device-new"]);
  assert.match(world.warnings[0]!.message, /alice\/ghost .* parley devices revoke ghost/);
});
