import assert from "node:assert/strict";
import {
  encodeDelete,
  encodeEdit,
  encodeMimiContent,
  encodeReaction,
  encodeText,
  encodeUnlike,
  expireAfter,
  expireAt,
} from "../../../lib/client/content/mod.ts";
import { toHistoryLine } from "../../../lib/client/history/history_line.ts";
import { searchConversation } from "../../../lib/client/history/search.ts";
import { toReceivedMessage } from "../../../lib/client/received_message.ts";
import { systemRandom as random } from "../../../lib/crypto/mod.ts";
import { ClientStoreFixture, conversation } from "../../support/client_store_fixture.ts";

const page = ({ store }: ClientStoreFixture) =>
  store.history.page({ mailbox: conversation }, 100).toReversed().map((row) => toHistoryLine(row, store));

const search = async ({ store }: ClientStoreFixture, text: string, limit = 100) =>
  (await searchConversation(store, { mailbox: conversation }, text, limit)).map((row) =>
    toHistoryLine(row, store).text
  );

Deno.test("an edit or a deletion by anybody but the author has no effect, and the line says why", async () => {
  await using test = await ClientStoreFixture.open();
  const { messageId } = await test.add("alice", encodeText("hers", random));
  await test.add("bob", encodeEdit(messageId, "his", random));
  await test.add("bob", encodeDelete(messageId, random));
  await test.add("bob", encodeEdit(new Uint8Array(32).fill(1), "of nothing", random));
  const lines = page(test);
  assert.deepEqual(lines.map(({ type, text, ignored }) => ({ type, text, ignored })), [
    { type: "message", text: "hers", ignored: undefined },
    { type: "edit", text: "his", ignored: "the message is alice's" },
    { type: "delete", text: "", ignored: "the message is alice's" },
    { type: "edit", text: "of nothing", ignored: "this device does not have the message" },
  ]);
  assert.equal(lines[0]!.editedAt, undefined);
});

Deno.test("the last of its author's edits counts, and none after a deletion", async () => {
  await using test = await ClientStoreFixture.open();
  const { messageId } = await test.add("bob", encodeText("one", random));
  await test.add("bob", encodeEdit(messageId, "two", random));
  await test.add("bob", encodeEdit(messageId, "three", random));
  assert.deepEqual(page(test).map(({ text }) => text), ["three"]);
  assert.deepEqual(await search(test, "two"), []);
  assert.deepEqual(await search(test, "three"), ["three"]);
  await test.add("bob", encodeDelete(messageId, random));
  const late = await test.add("bob", encodeEdit(messageId, "four", random));
  assert.deepEqual(page(test).map(({ text, deleted }) => ({ text, deleted })), [{ text: "", deleted: true }]);
  assert.deepEqual(await search(test, "three"), []);
  const row = test.store.messages.get(conversation, late.id)!;
  assert.equal(toReceivedMessage(row, test.store).ignored, "the message was deleted");
});

Deno.test("a deleted message stands nowhere in the database, nor do its versions", async () => {
  await using test = await ClientStoreFixture.open();
  const { id, messageId } = await test.add("bob", encodeText("secret", random));
  const edit = await test.add("bob", encodeEdit(messageId, "secret too", random));
  await test.add("bob", encodeDelete(messageId, random));
  for (const one of [id, edit.id]) {
    assert.equal(test.store.messages.get(conversation, one)!.content.length, 0);
  }
  // Nobody is shown it any more who has not seen it before.
  assert.deepEqual(test.store.messages.notShown(9).map(({ index }) => index?.what), ["delete"]);
});

Deno.test("reactions are gathered by what they are, and go when they are taken back", async () => {
  await using test = await ClientStoreFixture.open();
  const { messageId } = await test.add("alice", encodeText("well?", random));
  await test.add("bob", encodeReaction(messageId, "👍", random));
  await test.add("alice", encodeReaction(messageId, "👍", random));
  const other = await test.add("bob", encodeReaction(messageId, "🎉", random));
  assert.deepEqual(page(test)[0]!.reactedWith, [
    { reaction: "👍", users: ["bob", "alice"] },
    { reaction: "🎉", users: ["bob"] },
  ]);
  await test.add("bob", encodeUnlike(other.messageId, messageId, random));
  const lines = page(test);
  assert.equal(lines.length, 1);
  assert.deepEqual(lines[0]!.reactedWith, [{ reaction: "👍", users: ["bob", "alice"] }]);
});

Deno.test("what this version cannot show is kept and named", async () => {
  await using test = await ClientStoreFixture.open();
  const content = encodeMimiContent({
    salt: random(16),
    replaces: null,
    topicId: new Uint8Array(),
    expires: null,
    inReplyTo: null,
    extensions: [],
    nestedPart: {
      cardinality: "single",
      disposition: 1,
      language: "",
      contentType: "model/gltf+json",
      content: new Uint8Array(3),
    },
  });
  await test.add("bob", content);
  const [line] = page(test);
  assert.equal(line!.text, "[content of type model/gltf+json]");
  assert.deepEqual(line!.unshown, [{ contentType: "model/gltf+json", description: "" }]);
});

Deno.test("search tells neither capitals nor compatible forms apart, stops at its limit, newest first", async () => {
  await using test = await ClientStoreFixture.open();
  for (const text of ["Ålesund", "a\u030alesund twice", "ﬁnd", "nothing"]) {
    await test.add("bob", encodeText(text, random));
  }
  assert.deepEqual(await search(test, "ÅLESUND"), ["a\u030alesund twice", "Ålesund"]);
  assert.deepEqual(await search(test, "ålesund", 1), ["a\u030alesund twice"]);
  assert.deepEqual(await search(test, "FIND"), ["ﬁnd"]);
  // It stands in the encoding of every message, and in no text.
  assert.deepEqual(await search(test, "text/markdown"), []);
});

Deno.test("an expired message goes with its edits, reactions and receipts", async () => {
  await using test = await ClientStoreFixture.open();
  const { store } = test;
  const expires = expireAt(new Date(test.now + 60_000));
  const { messageId } = await test.add("alice", encodeText("soon gone", random, { expires }));
  await test.add("alice", encodeEdit(messageId, "soon gone too", random));
  await test.add("bob", encodeReaction(messageId, "👍", random));
  await test.add("bob", encodeText("an answer", random, { inReplyTo: messageId }));
  await store.transaction(() =>
    store.receipts.add(conversation, messageId, { user: "bob", device: "one" }, { read: true, time: 1 })
  );
  const due = store.history.nextExpiry()!;
  assert.equal(await store.transaction(() => store.history.deleteExpired(due - 1)), 0);
  assert.equal(await store.transaction(() => store.history.deleteExpired(due)), 1);
  assert.deepEqual(page(test).map(({ text }) => text), ["an answer"]);
  assert.deepEqual(store.receipts.of(conversation, messageId), []);
  assert.equal(store.history.nextExpiry(), undefined);
});

Deno.test("a message that lasts for so long from when it is read does so from then on", async () => {
  await using test = await ClientStoreFixture.open();
  const { store } = test;
  const { id } = await test.add("bob", encodeText("read me", random, { expires: expireAfter(10) }));
  assert.equal(store.history.nextExpiry(), undefined);
  const { position } = store.messages.get(conversation, id)!;
  await store.transaction(() => store.messages.setShown(position, test.now));
  assert.equal(store.history.nextExpiry(), test.now + 10_000);
  await store.transaction(() => store.messages.setShown(position, test.now + 5_000));
  assert.equal(store.history.nextExpiry(), test.now + 10_000);
  // Who writes has read.
  const sent = test.now;
  await test.add("alice", encodeText("mine", random, { expires: expireAfter(3) }));
  assert.equal(store.history.nextExpiry(), sent + 3_000);
});

Deno.test("an expiry more than a year away is refused, one in the past leaves the word of it", async () => {
  await using test = await ClientStoreFixture.open();
  const at = (ms: number) => encodeText("x", random, { expires: expireAt(new Date(test.now + ms)) });
  await assert.rejects(test.add("bob", at(400 * 86_400_000)), { code: "expiry-implausible" });
  await test.add("bob", at(-60_000));
  assert.deepEqual(page(test).map(({ type, text }) => ({ type, text })), [{ type: "expired", text: "" }]);
});

Deno.test("a message that comes twice is there once", async () => {
  await using test = await ClientStoreFixture.open();
  const content = encodeText("once", random);
  await test.add("bob", content);
  await test.add("bob", content);
  assert.equal(page(test).length, 1);
});

Deno.test("what this device has sent is known when it comes back, though it has expired meanwhile", async () => {
  await using test = await ClientStoreFixture.open();
  const { store } = test;
  const { id } = await test.add(
    "alice",
    encodeText("x", random, { expires: expireAt(new Date(test.now + 5_000)) }),
  );
  await store.transaction(() => store.mailboxes.advance(conversation, 0));
  await store.transaction(() => store.history.deleteExpired(test.now + 60_000));
  assert.equal(store.messages.kindOf(conversation, id), "control");
  assert.deepEqual(page(test), []);
});
