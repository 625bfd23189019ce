import assert from "node:assert/strict";
import { parley } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

Deno.test("parley group: made, spoken in, changed and left by several processes", async () => {
  await using stage = await Stage.open("alice", "bob", "carol", "dave");
  const run = async (who: string, ...args: string[]) => {
    const ended = await parley([...args, "--json"], stage.home(who));
    assert.equal(ended.code, 0, `${args.join(" ")}: ${ended.stderr}`);
    return ended.stdout.trimEnd().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  };
  const texts = async (who: string) =>
    (await run(who, "inbox")).map(({ type, group, text }) => [type, group, text]);
  const [made] = await run("alice", "group", "create", "team", "bob", "carol");
  const [shown] = await run("alice", "group", "show", "team");
  assert.deepEqual(shown, made);
  assert.deepEqual([made.type, made.group, made.state, made.epoch], ["group", "team", "active", 1]);
  assert.deepEqual(made.members, [
    { user: "alice", admin: true, devices: ["one"] },
    { user: "bob", admin: false, devices: ["one"] },
    { user: "carol", admin: false, devices: ["one"] },
  ]);
  const [sent] = await run("alice", "send", "--group", "team", "hello");
  assert.deepEqual([sent.group, sent.conversation, sent.status], ["team", made.id, "relayed"]);
  const [received] = await run("bob", "inbox");
  assert.deepEqual([received.group, received.conversation, received.text, received.id], [
    "team",
    made.id,
    "hello",
    sent.id,
  ]);
  await run("alice", "group", "add", "team", "dave");
  await run("alice", "group", "remove", "team", "carol");
  await run("dave", "send", "--group", made.id, "I am new");
  assert.deepEqual(await texts("alice"), [["message", "team", "I am new"]]);
  assert.deepEqual(await texts("carol"), [["message", "team", "hello"], ["group-change", "team", undefined]]);
  const [told] = (await run("carol", "history", "--group", made.id)).slice(-1);
  assert.deepEqual([told.from, told.change, told.users, told.you], ["alice", "removed", ["carol"], true]);
  const { stdout: plain } = await parley(["history", "--group", made.id], stage.home("carol"));
  assert.match(plain, /alice removed you from team/);
  assert.deepEqual(await run("carol", "group", "list"), []);
  const forbidden = await parley(["group", "remove", "team", "dave", "--json"], stage.home("bob"));
  assert.equal(forbidden.code, 3);
  assert.equal(JSON.parse(forbidden.stderr).code, "not-admin");
  await run("alice", "group", "rename", "team", "the team");
  await run("alice", "group", "leave", "the team");
  const [after] = await run("dave", "group", "show", "the team");
  assert.deepEqual(after.members.map(({ user, admin }: { user: string; admin: boolean }) => [user, admin]), [
    ["bob", true],
    ["dave", false],
  ]);
});
