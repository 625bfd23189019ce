import assert from "node:assert/strict";
import { parley, parleyJson, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

type Line = Record<string, unknown>;

const shown = (lines: Line[], ...fields: string[]) =>
  lines.map((line) => Object.fromEntries(fields.map((field) => [field, line[field]])));

async function send(stage: Stage, user: string, to: string, ...args: string[]): Promise<string> {
  const [sent] = await parleyJson(["send", to, ...args], stage.home(user));
  return String(sent!.id);
}

Deno.test("replies, edits, deletions and reactions are shown as they come and worked into the history", async () => {
  await using stage = await Stage.open("alice", "bob");
  const first = await send(stage, "alice", "bob", "first");
  const second = await send(stage, "alice", "bob", "secnod");
  await stage.inbox("bob");
  const reply = await send(stage, "bob", "alice", "an answer", "--reply-to", first.slice(0, 8));
  const reaction = await send(stage, "bob", "alice", "--react", first, "👍");
  await send(stage, "bob", "alice", "--react", second, "🎉");
  const unlike = await send(stage, "bob", "alice", "--delete", reaction);
  await send(stage, "alice", "bob", "--edit", second, "second");
  await send(stage, "alice", "bob", "--delete", first);

  assert.deepEqual(shown(await stage.inbox("bob"), "type", "edits", "deletes", "text"), [
    { type: "edit", edits: second, deletes: undefined, text: "second" },
    { type: "delete", edits: undefined, deletes: first, text: undefined },
  ]);
  const atAlice = await stage.inbox("alice");
  assert.deepEqual(shown(atAlice, "type", "replyTo", "reactsTo", "deletes", "id"), [
    { type: "message", replyTo: first, reactsTo: undefined, deletes: undefined, id: reply },
    // The first reaction was taken back before anybody has seen it.
    { type: "reaction", replyTo: undefined, reactsTo: second, deletes: undefined, id: atAlice[1]!.id },
    { type: "delete", replyTo: undefined, reactsTo: undefined, deletes: reaction, id: unlike },
  ]);
  for (const [user, peer] of [["alice", "bob"], ["bob", "alice"]] as const) {
    const lines = await parleyJson(["history", peer], stage.home(user));
    assert.deepEqual(shown(lines, "id", "type", "text", "deleted", "reactedWith", "replyTo"), [
      { id: first, type: "message", text: "", deleted: true, reactedWith: undefined, replyTo: undefined },
      {
        id: second,
        type: "message",
        text: "second",
        deleted: undefined,
        reactedWith: [{ reaction: "🎉", users: ["bob"] }],
        replyTo: undefined,
      },
      {
        id: reply,
        type: "message",
        text: "an answer",
        deleted: undefined,
        reactedWith: undefined,
        replyTo: first,
      },
    ], user);
    assert.ok(lines[1]!.editedAt !== undefined);
  }
  assert.deepEqual(await parleyJson(["history", "alice", "--search", "secnod"], stage.home("bob")), []);
  const [found] = await parleyJson(["history", "alice", "--search", "SECOND"], stage.home("bob"));
  assert.equal(found!.id, second);
});

Deno.test("the chat answers, reacts, edits and deletes", async () => {
  await using stage = await Stage.open("alice", "bob");
  await stage.send("alice", "bob", "hello");
  await using bob = new Running(["connect", "alice", "--json"], stage.home("bob"));
  await bob.line((line) => line.includes("hello"));
  await using alice = new Running(["connect", "bob", "--json"], stage.home("alice"));
  await bob.type("/reply helo yourself");
  await bob.type("/edit hello yourself");
  await bob.type("/react 👋");
  await alice.line((line) => line.includes('"reaction"'));
  await bob.type("/delete");
  await alice.line((line) => line.includes('"type":"delete"'));
  const kinds = alice.lines.map((line) => JSON.parse(line)).filter(({ from }) => from === "bob");
  assert.deepEqual(kinds.map(({ type, text }) => text ?? type), [
    "helo yourself",
    "hello yourself",
    "reaction",
    "delete",
  ]);
  await bob.endInput();
  assert.equal((await bob.ended()).code, 0);
});

Deno.test("send --react and --reply-to fetch a message that still waits at the relay", async () => {
  await using stage = await Stage.open("alice", "bob");
  const first = await send(stage, "alice", "bob", "first");
  await send(stage, "bob", "alice", "--react", first, "👀");
  const { code, stderr } = await parley(["send", "alice", "?", "--reply-to", "00000000"], stage.home("bob"));
  assert.equal(code, 2);
  assert.match(stderr, /there is no message 00000000 here/);
  assert.deepEqual(shown(await stage.inbox("alice"), "type", "reactsTo"), [{
    type: "reaction",
    reactsTo: first,
  }]);
});
