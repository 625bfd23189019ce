import assert from "node:assert/strict";
import { parseCertificate, parseCertificates, renewalDueAt } from "../../lib/pki/mod.ts";
import type { DeviceRef } from "../../lib/wire/mod.ts";
import { World } from "../support/world.ts";

const DAY_MS = 24 * 60 * 60_000;

function certificateOf(world: World, identity: DeviceRef) {
  const pem = Deno.readTextFileSync(`${world.folderOf(identity)}/device.crt`);
  return parseCertificate(parseCertificates(pem)[0]!);
}

Deno.test("a certificate with less than a third of its life left is renewed, and the conversations with it", async () => {
  await using world = await World.open({ leafLifetimeMs: 30 * DAY_MS });
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/phone")];
  await world.send(alice, "bob", "before");
  assert.deepEqual(await world.inbox(bob), ["before"]);
  const before = certificateOf(world, alice);

  world.relay.pass(19 * DAY_MS);
  await world.send(alice, "bob", "too early to renew");
  assert.equal(certificateOf(world, alice).serial, before.serial);
  await world.passToRenewal(2 * DAY_MS);
  await world.send(alice, "bob", "renewed");
  const after = certificateOf(world, alice);
  assert.notEqual(after.serial, before.serial);
  assert.deepEqual(after.spki, before.spki);
  assert.ok(renewalDueAt(after) > world.relay.now());

  // Past the end of the first certificates: whoever still went by them would be removed.
  assert.deepEqual(await world.inbox(bob), ["too early to renew", "renewed"]);
  world.relay.pass(12 * DAY_MS);
  await world.send(bob, "alice", "after the first one's end");
  assert.deepEqual(await world.inbox(alice), ["after the first one's end"]);
  await world.send(alice, "bob", "and back");
  assert.deepEqual(await world.inbox(bob), ["and back"]);
  assert.deepEqual(world.warnings, []);
});

Deno.test("the key packages of a renewed device are replaced, so that others can still add it", async () => {
  await using world = await World.open({ leafLifetimeMs: 30 * DAY_MS });
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/phone")];
  await world.passToRenewal(25 * DAY_MS);
  assert.deepEqual([await world.inbox(alice), await world.inbox(bob)], [[], []]);
  world.relay.pass(10 * DAY_MS);
  await world.send(alice, "bob", "under the new certificates");
  assert.deepEqual(await world.inbox(bob), ["under the new certificates"]);
});

Deno.test("an expired certificate is renewed within the grace period and not after it", async () => {
  await using world = await World.open({ leafLifetimeMs: 30 * DAY_MS });
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/phone")];
  await world.passToRenewal(36 * DAY_MS);
  await world.send(alice, "alice", "a note");
  assert.ok(certificateOf(world, alice).notAfter > world.relay.now());
  world.relay.pass(2 * DAY_MS);
  await assert.rejects(world.inbox(bob), { code: "cert-expired" });
});

Deno.test("a connection outlives the certificate that it began with", async () => {
  await using world = await World.open({ leafLifetimeMs: 3_000 });
  const alice = await world.enrol("alice/laptop");
  await using forgetful = await world.relay.device("bob/phone");
  const client = await world.client(alice);
  const stop = new AbortController();
  const states: string[] = [];
  const first = certificateOf(world, alice);
  const renewed = Promise.withResolvers<void>();
  using watcher = Deno.watchFs(world.folderOf(alice));
  void (async () => {
    for await (const _event of watcher) {
      if (certificateOf(world, alice).serial !== first.serial) renewed.resolve();
    }
  })();
  const running = client.run(stop.signal, {
    onState: (state) => states.push(state),
    onTrouble: (error) => world.warnings.push(error),
  });
  await renewed.promise;
  // Five minutes after its certificate's end the relay closes a connection, as it does that of one not renewed.
  world.relay.pass(5 * 60_000 + 1_500);
  assert.equal((await forgetful.connection.closed)?.code, "cert-expired");
  await client.users();
  stop.abort();
  await running;
  assert.deepEqual([states, world.warnings], [["connecting", "online"], []]);
});
