import assert from "node:assert/strict";
import { errorCode, parley, parleyJson } from "../../support/parley.ts";
import { Stage } from "../../support/stage.ts";

Deno.test("parley connect through pipes ends where a message is refused, and where an older one has to wait", async () => {
  await using stage = await Stage.open("alice", "bob");
  const alice = stage.home("alice");
  const refused = await parley(["connect", "nobody", "--json"], alice, "hello\n");
  assert.equal(refused.code, 3, refused.stderr);
  assert.equal(errorCode(refused.stderr), "unknown-user");
  assert.deepEqual(await parleyJson(["history", "nobody"], alice), []);

  // Without the relay nobody can tell that there is no such user: the message waits, for ever.
  const queued = await parley(["send", "nobody", "hello", "--wait", "queued"], alice);
  assert.equal(queued.code, 0, queued.stderr);
  const sent = await parley(["connect", "bob"], alice, "one\ntwo\n");
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal((await parleyJson(["history", "nobody"], alice)).length, 1);
  const texts = (await parleyJson(["inbox"], stage.home("bob"))).map(({ text }) => text);
  assert.deepEqual(texts, ["one", "two"]);
});
