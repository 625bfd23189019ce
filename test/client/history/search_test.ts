import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import {
  decodeContent,
  encodeDelete,
  encodeEdit,
  encodeText,
  expireAfter,
} from "../../../lib/client/content/mod.ts";
import { addMessage } from "../../../lib/client/history/add_message.ts";
import { toHistoryLine } from "../../../lib/client/history/history_line.ts";
import { indexContent, type VisibleContent } from "../../../lib/client/history/index_content.ts";
import { searchConversation } from "../../../lib/client/history/search.ts";
import { fold, searchableText } from "../../../lib/client/history/searchable_text.ts";
import { systemRandom as random } from "../../../lib/crypto/mod.ts";
import { encodeSearchBlock } from "../../../lib/store/search_block.ts";
import type { ClientStore, MessageRow } from "../../../lib/store/mod.ts";
import { ClientStoreFixture, conversation } from "../../support/client_store_fixture.ts";

/** More than what stays without a block, and than one block. */
const LINES = 1_000;
const ALL = Number.MIN_SAFE_INTEGER;
const SEARCHED = ["text", "files", "edit", "other"];

Deno.test("a search finds the same with blocks as without, whatever happens between searches", async () => {
  const word = fc.constantFrom("ab", "a", "b", "Ab ba", "ß", "ΣΑΣ", "σα", "\u0301a", "7", "needle");
  const change = fc.record({
    act: fc.constantFrom("say", "edit", "delete", "vanish", "show", "sweep", "purge", "import", "undo"),
    at: fc.nat(1_000_000),
    text: word,
  });
  const step = fc.record({
    changes: fc.array(change, { maxLength: 6 }),
    wanted: fc.oneof(word, fc.constant("")),
    limit: fc.constantFrom(1, 3, 10_000),
    since: fc.option(fc.nat(LINES), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 6 }), async (steps) => {
      await using test = await ClientStoreFixture.open();
      const began = test.now;
      await say(test, Array.from({ length: LINES }, (_, i) => `${i} ${i % 3 === 0 ? "ab" : "Ba"} ΣΑΣ`));
      for (const { changes, wanted, limit, since } of steps) {
        for (const { act, at, text } of changes) await changeOne(test, began, { act, at, text });
        const range = { mailbox: conversation, ...(since !== undefined && { since: began + since }) };
        const expected = searchWithoutBlocks(test.store, range.since ?? 0, wanted, limit);
        const found = await searchConversation(test.store, range, wanted, limit);
        assert.deepEqual(found.map(({ position }) => position), expected);
        assertBlocksAreExact(test);
      }
    }),
    // To make the steps fewer would take minutes.
    { numRuns: 5, endOnFailure: true },
  );
});

Deno.test("a block goes with whatever changes, deletes or adds a line in its range, and with nothing else", async () => {
  type Fixture = ClientStoreFixture;
  const cases: [string, number, (test: Fixture, row: MessageRow) => void][] = [
    ["erase", 1, ({ store }, row) => store.messages.erase(conversation, { ...row, what: "text" })],
    ["delete", 1, ({ store }, row) => store.messages.delete(conversation, row.id)],
    ["deleteOlder", 1, ({ store }, row) => void store.history.deleteOlder(row.time + 1, conversation)],
    ["deleteOlder of all", 1, ({ store }, row) => void store.history.deleteOlder(row.time + 1, undefined)],
    [
      "setRelayed",
      0,
      ({ store }, { id, time }) =>
        store.messages.setRelayed(conversation, id, { seq: 9, time, digest: random(32) }),
    ],
    ["setShown", 0, ({ store }, row) => store.messages.setShown(row.position, row.time)],
    ["setAudience", 0, ({ store }, row) => store.messages.setAudience(conversation, row.id, ["bob"])],
    ["addOldest", 0, ({ store }, row) => store.messages.addOldest({ ...row, ...another(row) })],
    ["add", 0, ({ store }, row) => store.messages.add({ ...row, ...another(row) })],
    ["deleteExpired", 0, ({ store }) => void store.history.deleteExpired(Number.MAX_SAFE_INTEGER)],
  ];
  await using test = await ClientStoreFixture.open();
  await say(test, Array.from({ length: LINES / 2 }, (_, i) => `line ${i}`));
  await test.add("alice", encodeText("vanishes", random, { expires: expireAfter(60) }));
  await say(test, Array.from({ length: LINES }, (_, i) => `line ${i}`));
  for (const [name, dropped, change] of cases) {
    await searchConversation(test.store, { mailbox: conversation }, "nothing", 1);
    const before = blocksOf(test);
    assert.ok(before.length > 1);
    const oldest = test.store.history.at(before[0]!.first)!;
    await test.store.transaction(() => change(test, oldest));
    assert.equal(blocksOf(test).length, before.length - dropped, name);
    assertBlocksAreExact(test);
  }
});

Deno.test("a line that an archive puts into the range of a block takes the block with it", async () => {
  await using test = await ClientStoreFixture.open();
  await say(test, Array.from({ length: LINES }, (_, i) => `line ${i}`));
  const hole = test.store.messages.after(ALL, 10)[9]!;
  await test.store.transaction(() => test.store.messages.delete(conversation, hole.id));
  await searchConversation(test.store, { mailbox: conversation }, "nothing", 1);
  const before = blocksOf(test).length;
  await test.store.transaction(() => {
    const { position, id, mailbox, user, device, time, content } = hole;
    const row = { position, id, mailbox, user, device, time, sealed: content };
    const values = { ...row, kind: "message", what: "text", outgoing: 0, shown: 0 };
    test.store.archive.add({ table: "messages", columns: Object.keys(values) }, Object.values(values));
  });
  assert.equal(blocksOf(test).length, before - 1);
  assertBlocksAreExact(test);
});

Deno.test("a search finds what it can where the database cannot be written to", async () => {
  await using test = await ClientStoreFixture.open();
  await say(test, Array.from({ length: LINES }, (_, i) => `line ${i}`));
  using db = new DatabaseSync(`${test.folder}/parley.db`);
  db.exec("CREATE TRIGGER full BEFORE INSERT ON search_blocks BEGIN SELECT raise(ABORT, 'full'); END");
  const found = await searchConversation(test.store, { mailbox: conversation }, "line 3", 10_000);
  assert.equal(found.length, 111);
  assert.equal(blocksOf(test).length, 0);
});

Deno.test("no text of a block is on the disk in clear, and nothing of it once one of its messages is deleted", async () => {
  await using test = await ClientStoreFixture.open();
  await say(test, Array.from({ length: LINES }, () => "in confidence"));
  await searchConversation(test.store, { mailbox: conversation }, "nothing", 1);
  const [block, other] = blocksOf(test);
  assert.ok(block !== undefined && other !== undefined);
  await test.store.scrub();
  assert.ok(await standsOnDisk(test, other.sealed));
  assert.equal(await standsOnDisk(test, new TextEncoder().encode("in confidence")), false);
  const line = test.store.history.at(other.first)!;
  await test.store.transaction(() =>
    addMessage(test.store, newMessage(test, encodeDelete(line.index!.messageId, random)), test.now)
  );
  await test.store.scrub();
  assert.equal(await standsOnDisk(test, other.sealed), false);
  assert.ok(await standsOnDisk(test, block.sealed));
});

/** Looks for 32 bytes of each 500, of which none is cut by a page's end everywhere. */
async function standsOnDisk({ folder }: ClientStoreFixture, bytes: Uint8Array): Promise<boolean> {
  const file = new TextDecoder("latin1").decode(await Deno.readFile(`${folder}/parley.db`));
  const starts = Array.from({ length: Math.ceil(bytes.length / 500) }, (_, i) => i * 500);
  return starts.some((start) =>
    file.includes(new TextDecoder("latin1").decode(bytes.subarray(start, start + 32)))
  );
}

async function say(test: ClientStoreFixture, texts: string[]): Promise<void> {
  await test.store.transaction(() => {
    for (const text of texts) addMessage(test.store, newMessage(test, encodeText(text, random)), test.now);
  });
}

function newMessage(test: ClientStoreFixture, content: Uint8Array) {
  const time = test.now++;
  return {
    ...{ id: random(16), mailbox: conversation, seq: time, user: "bob", device: "one", time, content },
    ...{ outgoing: false, decoded: decodeContent(content) as VisibleContent },
  };
}

async function changeOne(
  test: ClientStoreFixture,
  began: number,
  { act, at, text }: { act: string; at: number; text: string },
): Promise<void> {
  const { store } = test;
  const rows = store.messages.after(ALL, 1_000_000);
  const row = rows[at % rows.length]!;
  const messageId = row.index!.messageId;
  const add = (content: Uint8Array) => addMessage(store, newMessage(test, content), test.now);
  await store.transaction(() => {
    if (act === "say") add(encodeText(text, random));
    if (act === "edit") add(encodeEdit(messageId, text, random));
    if (act === "delete") add(encodeDelete(messageId, random));
    if (act === "vanish") add(encodeText(text, random, { expires: expireAfter(1) }));
    if (act === "show") { for (const { position } of rows) store.messages.setShown(position, test.now); }
    if (act === "sweep") store.history.deleteExpired(test.now += 2_000);
    if (act === "purge") store.history.deleteOlder(began + at % 300, conversation);
    if (act === "import") importOldest(test, text);
    if (act === "undo") store.messages.delete(conversation, row.id);
  });
}

function importOldest(test: ClientStoreFixture, text: string): void {
  const { decoded, ...line } = newMessage(test, encodeText(text, random));
  const { mailbox, user, device, time } = line;
  const index = indexContent(line.content, decoded, { mailbox, from: { user, device }, time });
  test.store.messages.addOldest({ ...line, kind: "message", shown: true, index });
}

function another(row: MessageRow): Pick<MessageRow, "id" | "index"> {
  return { id: random(16), index: { ...row.index!, messageId: random(32) } };
}

/** What is found by looking at every line. */
function searchWithoutBlocks(store: ClientStore, since: number, text: string, limit: number): number[] {
  const wanted = fold(text);
  const found = new Set<number>();
  for (const row of store.messages.after(ALL, 1_000_000).reverse()) {
    if (row.time < since || !SEARCHED.includes(row.index!.what)) continue;
    if (!searchableText(row)!.includes(wanted)) continue;
    const target = row.index!.what === "edit" && store.messages.byMessageId(conversation, row.index!.refers!);
    const shown = target && target.user === row.user ? store.history.at(target.position)! : row;
    const line = toHistoryLine(shown, store);
    if (!line.deleted && fold(line.text === "[nothing]" ? "" : line.text).includes(wanted)) {
      found.add(shown.position);
    }
    if (found.size >= limit) break;
  }
  return [...found];
}

function blocksOf({ folder }: ClientStoreFixture): { first: number; last: number; sealed: Uint8Array }[] {
  using db = new DatabaseSync(`${folder}/parley.db`, { readOnly: true });
  return db.prepare("SELECT first, last, sealed FROM search_blocks ORDER BY first").all() as never;
}

/** Each block says what the lasting lines of its range say now, and nothing else. */
function assertBlocksAreExact(test: ClientStoreFixture): void {
  const lasting = test.store.messages.after(ALL, 1_000_000).filter(({ index }) =>
    index !== undefined && SEARCHED.includes(index.what) && index.expires === null && index.lifetime === null
  );
  for (const { first, last, sealed } of blocksOf(test)) {
    const rows = lasting.filter(({ position }) => position >= first && position <= last);
    const expected = rows.map((row) => ({ position: row.position, text: searchableText(row)! }));
    const block = test.cipher.open(`search_blocks|${conversation}|${first}|${last}`, sealed);
    assert.deepEqual(block, encodeSearchBlock(first, expected));
  }
}

Deno.test("long texts make short blocks, and are found", async () => {
  await using test = await ClientStoreFixture.open();
  await say(test, Array.from({ length: LINES }, (_, i) => i < 8 ? `${"long ".repeat(4_000)}${i}` : `${i}`));
  for (let search = 0; search < 2; search++) {
    const found = await searchConversation(test.store, { mailbox: conversation }, "LONG 5", 10);
    assert.equal(found.length, 1);
  }
  assert.ok(blocksOf(test).every(({ sealed }) => sealed.length < 160_000));
  assertBlocksAreExact(test);
});

Deno.test("two searches at the same time find the same", async () => {
  await using test = await ClientStoreFixture.open();
  await say(test, Array.from({ length: LINES }, (_, i) => `line ${i}`));
  const search = () => searchConversation(test.store, { mailbox: conversation }, "line 3", 10_000);
  const [one, other] = await Promise.all([search(), search()]);
  assert.equal(one.length, 111);
  assert.deepEqual(one, other);
  assertBlocksAreExact(test);
});
