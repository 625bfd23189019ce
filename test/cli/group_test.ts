import assert from "node:assert/strict";
import { errorCode, parley, parleyJson } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

Deno.test("parley send --group finds a group that this device was added to since it last looked", async () => {
  await using stage = await Stage.open("alice", "bob");
  const [made] = await parleyJson(["group", "create", "team", "bob"], stage.home("alice"));
  await stage.inbox("bob");
  const phone = await stage.enrol("bob", "phone");
  await parleyJson(["inbox"], phone); // makes its keys known
  await stage.inbox("bob"); // adds the new device
  await stage.inbox("alice"); // an admin tells it the name
  const [sent] = await parleyJson(["send", "--group", "team", "from the phone"], phone);
  assert.deepEqual([sent!.conversation, sent!.status], [made!.id, "relayed"]);
  assert.ok(
    (await stage.inbox("alice")).some(({ text, group }) => text === "from the phone" && group === "team"),
  );
  const unknown = await parley(["send", "--group", "none", "hello", "--json"], phone);
  assert.deepEqual([unknown.code, errorCode(unknown.stderr)], [2, "group-unknown"]);
  await stage.stopRelay();
  const offline = await parley(["send", "--group", "none", "hello", "--json"], phone);
  assert.deepEqual([offline.code, errorCode(offline.stderr)], [2, "group-unknown"]);
});

Deno.test("parley group rejoin takes a conversation's id as hints name it, a user and a group", async () => {
  await using stage = await Stage.open("alice", "bob");
  const alice = stage.home("alice");
  await parleyJson(["group", "create", "team", "bob"], alice);
  const { conversation } = await stage.send("alice", "bob", "hello");
  assert.equal(conversation, "direct:alice,bob");
  await stage.inbox("bob");
  for (const name of ["direct:alice,bob", "bob"]) {
    const [rejoined] = await parleyJson(["group", "rejoin", name], alice);
    assert.deepEqual(rejoined, { type: "rejoined", conversation });
    await stage.inbox("bob");
  }
  await stage.send("alice", "bob", "still here");
  assert.ok((await stage.inbox("bob")).some(({ text }) => text === "still here"));
});
