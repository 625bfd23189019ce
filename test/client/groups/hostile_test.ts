import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { encodeRoster } from "../../../lib/client/groups/roster.ts";
import { toSnapshot } from "../../../lib/client/group_state.ts";
import { Commits } from "../../../lib/client/commits.ts";
import { Rejoiner } from "../../../lib/client/rejoiner.ts";
import { Controls } from "../../../lib/client/controls.ts";
import { GroupNames } from "../../../lib/client/groups/group_names.ts";
import { Receiver } from "../../../lib/client/receiver.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { createCommit, createGroupInfo, joinExternal } from "../../../lib/mls/mod.ts";
import type { ClientConnection } from "../../../lib/transport/mod.ts";
import { deviceMailbox, type DeviceRef } from "../../../lib/wire/mod.ts";
import { World } from "../../support/world.ts";
import { type Insides, makeTeamOfTwo, openInsides, rawConnection, say, withClient } from "./group_world.ts";

const clock = () => new Date();
const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) };

Deno.test("a commit by which a plain member makes itself an admin is refused by everybody, and the history names it", async () => {
  await using world = await World.open();
  const { alice, bob, id } = await makeTeamOfTwo(world);
  await world.inbox(bob);
  const connection = await rawConnection(world, bob);
  {
    await using insides = await openInsides(world, bob);
    const group = toSnapshot(insides.store.groups.group(id)!);
    const groupData = encodeRoster({ users: ["alice", "bob"], admins: ["bob"], leaving: [] });
    const { commit } = await createCommit(insides.mls, group, { groupData });
    const request = {
      mailbox: id,
      id: systemRandom(16),
      commit: new Uint8Array(commit),
      add: [],
      remove: [],
    };
    await connection.request("commit", request);
  }
  await connection.close();
  const lines = await withClient(world, alice, (client) => {
    assert.equal(client.groups.show(id).state, "refused");
    assert.equal(client.groups.show(id).epoch, 1);
    return client.history.unread();
  });
  assert.deepEqual(lines.map(({ type }) => type), ["undecryptable"]);
  assert.match(lines[0]!.text, /bob changed who is in the group and is not one of its admins/);
  // It does not come back by itself; a person has to accept it.
  await assert.rejects(say(world, alice, id, "hello?"), { code: "conversation-refused" });
});

Deno.test("a device of somebody who is not in the group gets neither its group info nor into it", async () => {
  await using world = await World.open();
  const [alice, , mallory] = [
    await world.enrol("alice/laptop"),
    await world.enrol("bob/phone"),
    await world.enrol("mallory/phone"),
  ];
  const { id } = await withClient(world, alice, (client) => client.groups.create("team", ["bob"]));
  const connection = await rawConnection(world, mallory);
  await assert.rejects(connection.request("group-info", { mailbox: id }), { code: "not-a-member" });
  await using atAlice = await openInsides(world, alice);
  await using atMallory = await openInsides(world, mallory);
  const groupInfo = await createGroupInfo(atAlice.mls, toSnapshot(atAlice.store.groups.group(id)!));
  const { commit } = await joinExternal(atMallory.mls, groupInfo, id, validity);
  const request = { mailbox: id, id: systemRandom(16), commit, add: [], remove: [] };
  await assert.rejects(connection.request("commit", request), { code: "not-a-member" });
  await connection.close();
  // And where a relay takes it all the same, the members do not.
  await receiverOf(atAlice, alice).workIn(id, [{
    ...{ seq: 2, id: request.id, kind: "commit", from: mallory, time: Date.now(), body: commit },
  }]);
  assert.equal(atAlice.store.mailboxes.get(id).state, "active");
  await receiverOf(atAlice, alice).workIn(id, [{
    ...{ seq: 3, id: systemRandom(16), kind: "commit", from: mallory, time: Date.now(), body: commit },
  }]);
  assert.equal(atAlice.store.mailboxes.get(id).state, "refused");
  assert.equal(atAlice.store.groups.epochNumber(id), 1);
});

Deno.test("a device does not enter by the group info of another group, of an epoch that is over, or without its user", async () => {
  await using world = await World.open();
  const { alice, bob, id } = await makeTeamOfTwo(world);
  const { id: other } = await withClient(world, alice, (client) => client.groups.create("other", []));
  await using atAlice = await openInsides(world, alice);
  const infoOf = (mailbox: string) =>
    createGroupInfo(atAlice.mls, toSnapshot(atAlice.store.groups.group(mailbox)!));
  const old = await infoOf(id), foreign = await infoOf(other);
  await withClient(world, alice, (client) => client.groups.refresh(id));
  await world.inbox(bob);
  await using atBob = await openInsides(world, bob);
  const options = {
    ...atBob,
    self: bob,
    random: systemRandom,
    clock,
    onRejoined: () => {},
    names: { greet: () => {} },
  };
  const rejoiner = new Rejoiner(options, new Commits(options));
  const enterBy = (groupInfo: Uint8Array, mailbox = id) => {
    const connection = { request: () => Promise.resolve({ groupInfo }) } as unknown as ClientConnection;
    return rejoiner.rejoin(mailbox, { connection, catchUp: () => assert.fail("nothing was sent") }, "lost");
  };
  await assert.rejects(enterBy(foreign), { code: "group-info-foreign" });
  await assert.rejects(enterBy(old), { code: "group-info-stale" });
  await assert.rejects(enterBy(foreign, other), { code: "group-foreign" });
  await assert.rejects(enterBy(new Uint8Array(100)), { code: "mls-malformed" });
  assert.equal(atBob.store.pendingCommits.get(id), undefined);
  assert.equal(atBob.store.groups.epochNumber(id), 2);
});

Deno.test("a welcome for the last-resort key package takes a device into an epoch once", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/phone")];
  const db = new DatabaseSync(`${world.relay.folder}/relay/mailboxes.db`);
  db.exec("DELETE FROM key_package WHERE last_resort = 0");
  db.close();
  const { id } = await withClient(world, alice, (client) => client.groups.create("team", ["bob"]));
  const connection = await rawConnection(world, bob);
  const mailbox = deviceMailbox(bob);
  const { entries } = await connection.request("sync", { mailbox, after: 0, limit: 10 });
  await connection.close();
  await world.inbox(bob);
  await withClient(world, alice, (client) => client.groups.refresh(id));
  await world.inbox(bob);
  await using atBob = await openInsides(world, bob);
  const { cursor } = atBob.store.mailboxes.get(mailbox);
  const epoch = atBob.store.groups.epochNumber(id)!;
  assert.ok(epoch > 1);
  const again = { ...entries[0]!, seq: cursor + 1, id: systemRandom(16) };
  await receiverOf(atBob, bob).workIn(mailbox, [{ ...again, conversation: { mailbox: id, seq: 99 } }]);
  assert.equal(atBob.store.groups.epochNumber(id), epoch);
  assert.equal(atBob.store.mailboxes.get(id).state, "active");
  const [line] = atBob.store.messages.byIdPrefix(again.id.toHex());
  assert.match(new TextDecoder().decode(line!.content), /welcome-repeated/);
});

Deno.test("who enters a group again is told of the users that it did not know of", async () => {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/phone")];
  await world.enrol("mallory/phone");
  const { id } = await withClient(world, alice, (client) => client.groups.create("team", ["bob"]));
  await world.inbox(bob);
  await withClient(world, alice, (client) => client.groups.add("team", ["mallory"]));
  {
    // What a relay brings about that leaves an entry out.
    await using atBob = await openInsides(world, bob);
    await atBob.store.transaction(() => atBob.store.mailboxes.setState(id, "broken"));
  }
  const lines = await withClient(world, bob, (client) => client.history.unread());
  assert.match(lines.find(({ type }) => type === "rejoined")!.text, /; new there since: mallory$/);
});

Deno.test("what comes under the id of somebody else's message, or twice, neither vanishes nor stops the mailbox", async () => {
  await using world = await World.open();
  const { alice, bob, id } = await makeTeamOfTwo(world);
  await say(world, alice, "team", "mine");
  await world.inbox(bob);
  await using atBob = await openInsides(world, bob);
  const { messages, mailboxes, resends } = atBob.store;
  const [mine] = atBob.store.history.page({ mailbox: id }, 10).filter(({ user }) => user === "alice");
  const receiver = receiverOf(atBob, bob);
  let { cursor } = mailboxes.get(id);
  const entry = { id: mine!.id, kind: "message" as const, time: Date.now(), body: new Uint8Array(1) };
  // A second time from the same device it is what a repetition of the relay's would be.
  await receiver.workIn(id, [{ ...entry, seq: ++cursor, from: alice }]);
  const position = messages.lastPosition();
  await receiver.workIn(id, [{ ...entry, seq: ++cursor, from: { user: "mallory", device: "phone" } }]);
  assert.equal(mailboxes.get(id).cursor, cursor);
  assert.equal(messages.lastPosition(), position + 1);
  assert.deepEqual(resends.dueMailboxes(), []);
  const mailbox = deviceMailbox(bob);
  let at = mailboxes.get(mailbox).cursor;
  const welcome = {
    ...entry,
    id: systemRandom(16),
    kind: "welcome" as const,
    conversation: { mailbox: id, seq: 99 },
  };
  for (let count = 0; count < 2; count++) {
    await receiver.workIn(mailbox, [{ ...welcome, seq: ++at, from: alice }]);
  }
  assert.equal(messages.lastPosition(), position + 2);
});

function receiverOf({ store, mls, identity: { trust } }: Insides, self: DeviceRef): Receiver {
  const controls = new Controls(store, self, systemRandom, clock);
  return new Receiver({
    store,
    mls,
    trust,
    self,
    controls,
    clock,
    names: new GroupNames({ store, controls, self }),
  });
}
