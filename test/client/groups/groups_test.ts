import assert from "node:assert/strict";
import { World } from "../../support/world.ts";
import { assertOneSecret, makeTeamOfThree, makeTeamOfTwo, say, withClient } from "./group_world.ts";

Deno.test("a group is made, grows and shrinks; each member reads what was said while they were in it, and nothing else", async () => {
  await using world = await World.open();
  const { alice, bob, carol, id, made } = await makeTeamOfThree(world);
  const dave = await world.enrol("dave/phone");
  assert.deepEqual(made.members, [
    { user: "alice", admin: true, devices: ["laptop"] },
    { user: "bob", admin: false, devices: ["phone"] },
    { user: "carol", admin: false, devices: ["phone"] },
  ]);
  await say(world, alice, "team", "one");
  assert.deepEqual(await world.inbox(bob), ["one"]);
  await say(world, bob, "team", "two");
  await withClient(world, alice, (client) => client.groups.add("team", ["dave"]));
  await say(world, carol, "team", "three");
  await withClient(world, alice, (client) => client.groups.remove("team", ["carol"]));
  await say(world, alice, "team", "four");
  assert.deepEqual(await world.inbox(alice), ["two", "three"]);
  assert.deepEqual(await world.inbox(bob), ["three", "four"]);
  // That one is out of it is told once; the rest stands in the history.
  assert.deepEqual(await world.inbox(carol), ["one", "two", "group-change alice/laptop"]);
  assert.deepEqual(await world.inbox(carol), []);
  await withClient(world, bob, async (client) => {
    const lines = await client.history.read({ conversation: id, limit: 10 });
    const changes = lines.flatMap(({ from, change }) =>
      change ? [[from, change.change, change.users, change.you]] : []
    );
    assert.deepEqual(changes, [
      ["alice", "added", ["bob"], true],
      ["alice", "added", ["dave"], false],
      ["alice", "removed", ["carol"], false],
    ]);
  });
  assert.deepEqual(await world.inbox(dave), ["three", "four"]);
  await assertOneSecret(world, [alice, bob, dave], id);
  await withClient(world, dave, (client) => {
    assert.equal(client.groups.nameOf(id), "team");
    assert.deepEqual(client.groups.list().map(({ group }) => group), ["team"]);
    return assert.rejects(client.groups.add("team", ["carol"]), { code: "not-admin" });
  });
  await withClient(world, carol, (client) => {
    assert.deepEqual(client.groups.list(), []);
    assert.equal(client.groups.show(id).state, "left");
  });
  assert.deepEqual(world.warnings, []);
});

Deno.test("who leaves a group is taken out by whoever comes next, and the last admin's place is taken", async () => {
  await using world = await World.open();
  const { alice, bob, carol, id } = await makeTeamOfThree(world);
  const left = await withClient(world, alice, (client) => client.groups.leave("team"));
  assert.equal(left.state, "left");
  await withClient(world, carol, (client) => {
    assert.deepEqual(client.groups.show("team").members.map(({ user, admin }) => [user, admin]), [
      ["bob", true],
      ["carol", false],
    ]);
  });
  await say(world, carol, "team", "without alice");
  assert.deepEqual(await world.inbox(bob), ["without alice"]);
  assert.deepEqual(await world.inbox(alice), []);
  // The new admin asks her back.
  await withClient(world, bob, (client) => client.groups.add(id, ["alice"]));
  await say(world, bob, "team", "welcome back");
  assert.deepEqual(await world.inbox(alice), ["welcome back"]);
  assert.deepEqual(world.warnings, []);
});

Deno.test("a group is renamed and has its admins changed by admins only", async () => {
  await using world = await World.open();
  const { alice, bob } = await makeTeamOfTwo(world);
  await withClient(world, bob, async (client) => {
    await assert.rejects(client.groups.rename("team", "mine"), { code: "not-admin" });
    await assert.rejects(client.groups.setAdmins("team", ["bob"], true), { code: "not-admin" });
  });
  await withClient(world, alice, async (client) => {
    await assert.rejects(client.groups.setAdmins("team", ["alice"], false), { code: "admin-required" });
    await client.groups.setAdmins("team", ["bob"], true);
    await client.groups.rename("team", "the team");
  });
  await withClient(world, bob, async (client) => {
    assert.equal(client.groups.list()[0]?.group, "the team");
    await client.groups.setAdmins("the team", ["alice"], false);
  });
  await withClient(world, alice, (client) => {
    return assert.rejects(client.groups.rename("the team", "team"), { code: "not-admin" });
  });
});

Deno.test("create() refuses unknown users and names that cannot be, and leaves nothing behind", async () => {
  await using world = await World.open();
  const alice = await world.enrol("alice/laptop");
  await withClient(world, alice, async (client) => {
    await assert.rejects(client.groups.create("team", ["nobody"]), { code: "unknown-user" });
    await assert.rejects(client.groups.create(" team", []), { code: "group-name-malformed" });
    assert.deepEqual(client.groups.list(), []);
    assert.throws(() => client.groups.resolve("team"), { code: "group-unknown" });
    // One may be alone in a group, and two groups may have one name.
    const [first, second] = [await client.groups.create("me", []), await client.groups.create("me", [])];
    assert.throws(() => client.groups.show("me"), { code: "group-ambiguous" });
    assert.equal(client.groups.show(first.id).id, first.id);
    assert.equal(client.groups.show(second.id.slice("group:".length)).id, second.id);
  });
});
