import assert from "node:assert/strict";
import { toDraft } from "../../../commands/send/draft.ts";

const stdin = () => Promise.resolve("from stdin");

Deno.test("toDraft() makes of options and text what is to be said", async () => {
  assert.deepEqual(await toDraft({}, "hi", stdin), {
    type: "text",
    text: "hi",
    replyTo: undefined,
    expiresInMs: undefined,
  });
  assert.deepEqual(await toDraft({ replyTo: "ab12", expires: 5_000 }, undefined, stdin), {
    type: "text",
    text: "from stdin",
    replyTo: "ab12",
    expiresInMs: 5_000,
  });
  assert.deepEqual(await toDraft({ edit: "ab12" }, "new", stdin), {
    type: "edit",
    target: "ab12",
    text: "new",
  });
  assert.deepEqual(await toDraft({ react: "ab12" }, "👍", stdin), {
    type: "reaction",
    target: "ab12",
    reaction: "👍",
  });
  const unread = () => assert.fail("a deletion has no text");
  assert.deepEqual(await toDraft({ deleted: "ab12" }, undefined, unread), { type: "delete", target: "ab12" });
});

Deno.test("toDraft() refuses options that contradict each other", async () => {
  await assert.rejects(toDraft({ edit: "a", react: "b" }, "x", stdin), { code: "options-conflict" });
  await assert.rejects(toDraft({ replyTo: "a", deleted: "b" }, undefined, stdin), {
    code: "options-conflict",
  });
  await assert.rejects(toDraft({ edit: "a", expires: 1_000 }, "x", stdin), { code: "options-conflict" });
  await assert.rejects(toDraft({ deleted: "a" }, "x", stdin), { code: "text-unwanted" });
});
