import assert from "node:assert/strict";
import { parseLines, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

Deno.test("whoever is connected hears of a revocation that is typed elsewhere, and sends to the others only", async () => {
  await using stage = await Stage.open("alice", "bob");
  await stage.enrol("bob", "two");
  await stage.send("alice", "bob", "before");
  await using chat = new Running(["connect", "bob", "--json"], stage.home("alice"));
  await using inbox = new Running(["inbox", "--follow", "--json"], stage.home("bob-two"));
  await inbox.line((line) => line.includes("before"));
  await chat.type("connected");
  await chat.line((line) => line.includes('"sent"'));
  await inbox.line((line) => line.includes("connected"));
  await stage.run("ca", "revoke", "--dir", stage.ca, "bob/one");
  for (const process of [chat, inbox]) {
    const line = await process.line((one) => one.includes('"revoked"'));
    const { time, id, ...note } = parseLines(line)[0]!;
    assert.deepEqual(note, { type: "revoked", user: "bob", device: "one", conversation: "direct:alice,bob" });
    assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
    assert.match(String(id), /^[0-9a-f]{32}$/);
  }
  await chat.type("after");
  await inbox.line((line) => line.includes("after"));
});
