import assert from "node:assert/strict";
import { openIdentity } from "../../lib/client/identity.ts";
import { Controls } from "../../lib/client/controls.ts";
import { Receiver } from "../../lib/client/receiver.ts";
import { readCredential } from "../../lib/client/trust.ts";
import type { Client, ReceivedMessage } from "../../lib/client/mod.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { openMlsContext } from "../../lib/mls/mod.ts";
import { CellCipher, ClientStore } from "../../lib/store/mod.ts";
import { dial } from "../../lib/transport/mod.ts";
import type { DeviceRef, Entry } from "../../lib/wire/mod.ts";
import { World } from "../support/world.ts";

const CONVERSATION = "direct:alice,bob";

/** A client that stays connected. */
async function follow(world: World, who: DeviceRef) {
  const client = await world.client(who);
  const stop = new AbortController();
  const online = Promise.withResolvers<void>();
  const running = client.run(stop.signal, {
    onState: (state) => state === "online" && online.resolve(),
    onTrouble: (error) => world.warnings.push(error),
  });
  await Promise.race([online.promise, running]);
  return {
    client,
    running,
    async end() {
      stop.abort();
      await running;
      await world.close(client);
    },
  };
}

/** Waits for a line of a client's history. */
async function line(client: Client, matches: (one: ReceivedMessage) => boolean): Promise<ReceivedMessage> {
  for (;;) {
    const grown = Promise.withResolvers<void>();
    const stop = client.onHistory(grown.resolve);
    const found = client.history.after(0).find(matches);
    if (found === undefined) await grown.promise;
    stop();
    if (found !== undefined) return found;
  }
}

/** A device's parts, as a thief would put them together who has its folder. */
async function openFolder(world: World, who: DeviceRef, home: string) {
  const noPassphrase = () => Promise.reject(new Error("there is none"));
  const identity = await openIdentity(home, who, noPassphrase, () => world.relay.now());
  const { trust } = identity;
  const mls = await openMlsContext({
    random: systemRandom,
    identity: identity.mls,
    checkCredential: (certificates) => trust.checkCredential(certificates),
    readCredential,
  });
  const cipher = new CellCipher(identity.storageKey.expose(), systemRandom);
  const store = ClientStore.open(identity.folder, { cipher, holder: "thief" });
  const clock = () => world.relay.now();
  const names = { greet: () => {} };
  const controls = new Controls(store, who, systemRandom, clock);
  return {
    identity,
    store,
    receiver: new Receiver({ store, mls, trust, self: who, controls, clock, names }),
  };
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    await (isDirectory ? copyFolder : Deno.copyFile)(`${from}/${name}`, `${to}/${name}`);
  }
}

/** All that the relay holds of the conversation, as a member may fetch it. */
async function fetchEntries(world: World, who: DeviceRef): Promise<Entry[]> {
  const { identity, store } = await openFolder(world, who, world.home);
  const { facts, tls, trust } = identity;
  const connection = await dial({ ...facts, identity: tls, checkServer: trust.checkServer(facts.host) });
  await connection.request("hello", { version: 1, agent: "test" });
  const { entries } = await connection.request("sync", { mailbox: CONVERSATION, after: 0, limit: 1_000 });
  await connection.close();
  await store.close();
  return entries;
}

Deno.test("members are told of a revocation, and the next active one removes the device at once", async () => {
  await using world = await World.open();
  const [alice, one] = [await world.enrol("alice/laptop"), await world.enrol("bob/one")];
  const two = await world.enrol("bob/two");
  await world.send(alice, "bob", "before");
  assert.deepEqual(await world.inbox(one), ["before"]);
  const online = [await follow(world, alice), await follow(world, two)];
  world.relay.admin.authority.revoke(one);
  const revokedAt = performance.now();
  for (const { client } of online) {
    const note = await line(client, ({ type }) => type === "revoked");
    assert.deepEqual([note.from, note.device, note.conversation], ["bob", "one", CONVERSATION]);
  }
  assert.ok(performance.now() - revokedAt < 1_500);
  for (const { end } of online) await end();
  // The log: commit, message, and without anything being sent one commit, whichever of the two was first.
  await world.send(alice, "bob", "after");
  const last = (await fetchEntries(world, alice)).at(-1)!;
  assert.deepEqual([last.kind, last.seq], ["message", 4]);
  assert.deepEqual(await world.inbox(two), ["before", "revoked bob/one", "after"]);
  assert.deepEqual(world.warnings, []);
});

Deno.test("a revoked device with a full copy of its state decrypts nothing that is sent afterwards", async () => {
  await using world = await World.open();
  const [alice, one] = [await world.enrol("alice/laptop"), await world.enrol("bob/one")];
  await world.enrol("bob/two"); // it fetches nothing, so that the relay keeps all entries
  await world.send(alice, "bob", "before");
  assert.deepEqual(await world.inbox(one), ["before"]);
  for (const copy of ["stolen", "again"]) await copyFolder(world.home, `${world.relay.folder}/${copy}`);
  world.relay.admin.authority.revoke(one);
  await world.inbox(alice);
  for (const text of ["secret 1", "secret 2"]) await world.send(alice, "bob", text);
  const entries = await fetchEntries(world, alice);
  assert.deepEqual(entries.map(({ kind }) => kind), ["message", "commit", "message", "message"]);

  // The log as it is; and, on another copy, without the commit that removes it, which the thief would leave out.
  const after = entries.filter(({ seq }) => seq > 2);
  const withoutCommit = after.filter(({ kind }) => kind === "message")
    .map((entry, i) => ({ ...entry, seq: 3 + i }));
  for (const [copy, log] of [["stolen", after], ["again", withoutCommit]] as const) {
    const { store, receiver } = await openFolder(world, one, `${world.relay.folder}/${copy}`);
    await receiver.workIn(CONVERSATION, log);
    const kinds = store.messages.after(0, 100).map(({ kind }) => kind);
    // Who is out of a conversation does not even look at what is said there.
    const later = log === after ? [] : ["undecryptable", "undecryptable"];
    assert.deepEqual(kinds, ["message", ...later]);
    await store.close();
  }
});

Deno.test("a message that the relay took after the second of its sender's revocation is refused, one from before is read", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/one")];
  await world.send(alice, "bob", "hello");
  await world.inbox(bob);
  await world.send(bob, "alice", "in time");
  await world.send(bob, "alice", "in the second that the CRL names");
  await world.send(bob, "alice", "too late");
  const [first, second, third] = (await fetchEntries(world, alice)).slice(-3);
  world.relay.pass(2_000);
  world.relay.admin.authority.revoke(bob);
  const crl = await world.relay.admin.authority.crl();
  const { identity, store, receiver } = await openFolder(world, alice, world.home);
  await identity.trust.updateCrl(crl);
  // A relay that is in league with the thief would pass the message on as its own log's.
  const revokedAt = world.relay.now().getTime();
  const during = { ...second!, time: revokedAt }, after = { ...third!, time: revokedAt + 1_000 };
  await receiver.workIn(CONVERSATION, [first!, during, after]);
  const kinds = store.messages.after(0, 100).filter(({ outgoing }) => !outgoing).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["message", "message", "undecryptable"]);
  await store.close();
});

Deno.test("what was committed before its author's revocation is worked in after it", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/one")];
  const two = await world.enrol("bob/two");
  await world.send(alice, "bob", "hello");
  await Promise.all([world.inbox(bob), world.inbox(two)]);
  await world.enrol("bob/three");
  await world.send(bob, "alice", "bob/one adds a device, then is revoked");
  world.relay.pass(2_000);
  world.relay.admin.authority.revoke(bob);
  assert.deepEqual(await world.inbox(alice), ["revoked bob/one", "bob/one adds a device, then is revoked"]);
  await world.send(alice, "bob", "it goes on");
  assert.equal((await world.inbox(two)).at(-1), "it goes on");
});

Deno.test("a client leaves a relay whose certificate is revoked", async () => {
  await using world = await World.open();
  const alice = await follow(world, await world.enrol("alice/laptop"));
  const [server] = world.relay.admin.authority.list().filter(({ kind }) => kind === "server");
  world.relay.admin.authority.revoke({ serial: server!.serial });
  await assert.rejects(alice.running, { code: "cert-revoked" });
  await world.close(alice.client);
});
