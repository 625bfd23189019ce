import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { parleyJson } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

/** Changes the last byte of the newest message on the relay's disk. */
async function damageNewest(stage: Stage): Promise<void> {
  await stage.stopRelay();
  const db = new DatabaseSync(`${stage.data}/mailboxes.db`);
  const { id, entries } = db.prepare("SELECT rowid AS id, entries FROM segment ORDER BY time DESC LIMIT 1")
    .get() as {
      id: number;
      entries: Uint8Array;
    };
  entries[entries.length - 1]! ^= 1;
  db.prepare("UPDATE segment SET entries = ? WHERE rowid = ?").run(entries, id);
  db.close();
  await stage.startRelay();
}

Deno.test("a message that cannot be read is explained, asked for again, and comes", async () => {
  await using stage = await Stage.open("alice", "bob");
  await stage.send("alice", "bob", "first");
  await stage.inbox("bob");
  const lost = await stage.send("alice", "bob", "lost");
  await damageNewest(stage);
  const [explained] = await stage.inbox("bob");
  assert.equal(explained!.type, "undecryptable");
  assert.equal(explained!.id, lost.id);
  assert.match(String(explained!.reason), /decryption-failed/);

  await stage.inbox("alice"); // what bob asks for goes out by itself
  const again = await stage.inbox("bob");
  assert.deepEqual(again.map(({ type, id, text, time }) => ({ type, id, text, time })), [
    { type: "message", id: lost.id, text: "lost", time: explained!.time },
  ]);
  await stage.send("alice", "bob", "after");
  assert.deepEqual((await stage.inbox("bob")).map(({ text }) => text), ["after"]);
  const lines = await parleyJson(["history", "alice"], stage.home("bob"));
  assert.deepEqual(lines.map(({ text }) => text).sort(), ["after", "first", "lost"]);
});
