import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { World } from "../../support/world.ts";
import type { DeviceRef } from "../../../lib/wire/mod.ts";
import { assertOneSecret, makeTeamOfThree, makeTeamOfTwo, say, secretOf, withClient } from "./group_world.ts";

const DAY_MS = 86_400_000;

/** What a restored backup amounts to: the identity is there, its database is not. */
async function lose(world: World, ref: DeviceRef): Promise<void> {
  for (const name of ["parley.db", "parley.db-wal", "parley.db-shm"]) {
    await Deno.remove(`${world.folderOf(ref)}/${name}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

async function kindsOf(world: World, ref: DeviceRef): Promise<string[]> {
  return await withClient(world, ref, (client) => client.history.unread().map(({ type }) => type));
}

Deno.test("a device that has lost its store enters its conversations again by itself, says so, and goes on", async () => {
  await using world = await World.open();
  const { alice, bob, carol, id } = await makeTeamOfThree(world);
  await world.send(alice, "bob", "between us");
  assert.deepEqual(await world.inbox(bob), ["between us"]);
  await lose(world, bob);
  await say(world, alice, "team", "unread");
  // Nobody else is connected: the group info that went along with the last commit is enough.
  const kinds = await kindsOf(world, bob);
  assert.equal(kinds.filter((kind) => kind === "rejoined").length, 2);
  assert.ok(kinds.includes("undecryptable"));
  await say(world, bob, id, "back");
  await world.send(bob, "alice", "here as well");
  assert.deepEqual((await world.inbox(alice)).sort(), ["back", "here as well"]);
  assert.deepEqual(await world.inbox(carol), ["unread", "back"]);
  await say(world, carol, "team", "good");
  assert.ok((await world.inbox(bob)).includes("good"));
  await assertOneSecret(world, [alice, bob, carol], id);
  // An admin was told to tell the name again.
  await withClient(world, bob, (client) => assert.equal(client.groups.nameOf(id), "team"));
});

/** What a large group is: its info goes not along with commits. */
async function forgetGroupInfos(world: World): Promise<void> {
  const folder = `${world.relay.folder}/relay`;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".db")) continue;
    const db = new DatabaseSync(`${folder}/${name}`);
    const has = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'group_info'").get();
    if (has !== undefined) db.exec("DELETE FROM group_info");
    db.close();
  }
}

Deno.test("where the relay has no group info a lost device waits for a member, and enters as soon as one is there", async () => {
  await using world = await World.open();
  const { alice, bob, id } = await makeTeamOfTwo(world);
  await world.inbox(bob);
  await lose(world, bob);
  await forgetGroupInfos(world);
  // Alone it cannot come back, says so, and does nothing else.
  await withClient(world, bob, (client) => assert.equal(client.groups.show(id).state, "lost"));
  assert.deepEqual(world.warnings.map(({ code }) => code), ["rejoin-waiting"]);
  await assert.rejects(say(world, bob, id, "no"), { code: "rejoin-waiting" });
  const stop = new AbortController();
  const lost = await world.client(bob), there = await world.client(alice);
  const back = Promise.withResolvers<void>();
  lost.onHistory(() => {
    if (lost.groups.show(id).state === "active") back.resolve();
  });
  const listener = { onState: () => {}, onTrouble: () => {} };
  const running = [lost.run(stop.signal, listener)];
  running.push(there.run(stop.signal, listener));
  await back.promise;
  stop.abort();
  await Promise.all(running);
  await world.close(lost);
  await world.close(there);
  assert.ok((await world.inbox(alice)).includes("no"));
});

Deno.test("two copies of a device do not fight: the one whose place is taken gives way and says so", async () => {
  await using world = await World.open();
  const { alice, bob, id } = await makeTeamOfTwo(world);
  await say(world, alice, "team", "one");
  await world.inbox(bob);
  // A copy without the database: what a restored backup is.
  const elsewhere = `${world.home}/elsewhere`;
  await copyFolder(world.folderOf(bob), `${elsewhere}/identities/bob/phone`);
  const copy = await world.client(bob, elsewhere);
  await copy.connect();
  await copy.catchUp();
  await world.close(copy);
  await say(world, alice, "team", "two");
  const kinds = await kindsOf(world, bob);
  assert.deepEqual(kinds, ["duplicated"]);
  await assert.rejects(say(world, bob, id, "no"), { code: "device-duplicated" });
  // What waits there keeps no other conversation waiting.
  await withClient(world, bob, async (client) => {
    await client.enqueue("alice", "elsewhere");
    const troubles: string[] = [];
    await client.deliverAll(({ code }) => troubles.push(code));
    assert.deepEqual(troubles, ["device-duplicated"]);
  });
  assert.ok((await world.inbox(alice)).includes("elsewhere"));
  // Nothing has moved by that; the person decides, and the other copy gives way in turn.
  await withClient(world, bob, (client) => client.groups.rejoin(id));
  // What was said meanwhile is not passed over in silence: it is asked for, and comes.
  assert.ok((await world.inbox(bob)).includes("undecryptable alice/laptop"));
  await world.inbox(alice);
  assert.ok((await world.inbox(bob)).includes("two"));
  await say(world, bob, id, "here again");
  assert.ok((await world.inbox(alice)).includes("here again"));
  const other = await world.client(bob, elsewhere);
  await other.connect();
  await other.catchUp();
  assert.equal(other.groups.show(id).state, "duplicated");
});

/** What a member gets whom the author of the newest commit, or the relay, wishes ill. */
function damageNewestCommit(world: World): void {
  const db = new DatabaseSync(`${world.relay.folder}/relay/mailboxes.db`);
  const row = db.prepare(
    "SELECT rowid AS id, body FROM entry WHERE kind = 'commit' ORDER BY rowid DESC LIMIT 1",
  ).get();
  const body = row!.body as Uint8Array;
  body[body.length - 1]! ^= 1;
  db.prepare("UPDATE entry SET body = ? WHERE rowid = ?").run(body, row!.id!);
  db.close();
}

Deno.test("a device that gets a commit which it cannot apply says so, enters again by itself, and asks for what it missed", async () => {
  await using world = await World.open();
  const { alice, bob, carol, id } = await makeTeamOfThree(world);
  await world.inbox(carol);
  await withClient(world, bob, (client) => client.groups.refresh(id));
  await say(world, bob, id, "missed");
  assert.deepEqual(await world.inbox(alice), ["missed"]);
  damageNewestCommit(world);
  assert.deepEqual((await kindsOf(world, carol)).sort(), ["rejoined", "undecryptable", "undecryptable"]);
  // Carol has asked for it; bob answers.
  await world.inbox(bob);
  assert.ok((await world.inbox(carol)).includes("missed"));
  await Promise.all([alice, bob, carol].map((one) => world.inbox(one)));
  await assertOneSecret(world, [alice, bob, carol], id);
});

Deno.test("a client makes new keys for itself, unasked, when they are old", async () => {
  await using world = await World.open({ leafLifetimeMs: 90 * DAY_MS });
  const { alice, bob, id } = await makeTeamOfTwo(world);
  await world.inbox(bob);
  assert.equal((await secretOf(world, bob, id)).epoch, 1);
  world.relay.pass(8 * DAY_MS);
  await world.inbox(bob);
  await world.inbox(alice);
  await world.inbox(bob);
  // One commit of each, and no more than that.
  assert.equal((await secretOf(world, bob, id)).epoch, 3);
  await world.inbox(alice);
  assert.deepEqual(await secretOf(world, alice, id), await secretOf(world, bob, id));
});

Deno.test("who leaves is out at once on all devices, and who is added again before anybody took them out comes in anew", async () => {
  await using world = await World.open();
  const [alice, bob, tablet] = [
    await world.enrol("alice/laptop"),
    await world.enrol("bob/phone"),
    await world.enrol("bob/tablet"),
  ];
  const { id } = await withClient(world, alice, (client) => client.groups.create("team", ["bob"]));
  await withClient(world, bob, (client) => client.groups.leave(id));
  await withClient(world, tablet, (client) => assert.equal(client.groups.show(id).state, "left"));
  const offline = await world.client(alice);
  await offline.connect();
  await offline.groups.add(id, ["bob"]);
  await world.close(offline);
  await say(world, alice, id, "welcome back");
  assert.deepEqual(await world.inbox(bob), ["welcome back"]);
  assert.deepEqual(await world.inbox(tablet), ["welcome back"]);
});

Deno.test("a device that was removed and added again while it was away reads what was said to it before", async () => {
  await using world = await World.open();
  const { alice, bob, id } = await makeTeamOfTwo(world);
  await world.inbox(bob);
  await say(world, alice, id, "before");
  await withClient(world, alice, (client) => client.groups.remove(id, ["bob"]));
  await say(world, alice, id, "not for bob");
  await withClient(world, alice, (client) => client.groups.add(id, ["bob"]));
  await say(world, alice, id, "after");
  assert.deepEqual(await world.inbox(bob), ["before", "group-change alice/laptop", "after"]);
});

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isFile } of Deno.readDir(from)) {
    if (isFile && !name.startsWith("parley.db") && name !== "lock") {
      await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    }
  }
}
