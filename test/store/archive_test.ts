import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { encodeText } from "../../lib/client/content/mod.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { archivedTable, type ArchivedTableName, archivedTableNames } from "../../lib/store/archive_tables.ts";
import { parseArchiveColumns } from "../../lib/store/archive_writer.ts";
import { ArchiveReader, CellCipher, ClientStore } from "../../lib/store/mod.ts";
import { ClientStoreFixture } from "../support/client_store_fixture.ts";

/** What no archive holds; `*` stands for all columns. Whoever adds to the schema decides where it belongs. */
const leftOut: Record<string, string[]> = {
  groups: ["*"],
  group_trees: ["*"],
  members: ["*"],
  ratchets: ["*"],
  leavers: ["*"],
  pending_commits: ["*"],
  key_packages: ["*"],
  file_batches: ["*"],
  resent: ["*"],
  search_blocks: ["*"],
  outbox: ["epoch", "message"],
  resend_requests: ["state", "sealed"],
};

Deno.test("every column of a client's database is either archived or left out on purpose", async () => {
  await using fixture = await ClientStoreFixture.open();
  using db = new DatabaseSync(`${fixture.folder}/parley.db`, { readOnly: true });
  const tables = db.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  );
  const names = tables.all().map(({ name }) => String(name));
  assert.ok(names.length > 15);
  for (const table of names) {
    const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all().map(({ name }) =>
      String(name)
    );
    const isArchived = (archivedTableNames as readonly string[]).includes(table);
    const archived = isArchived ? archivedTable(table as ArchivedTableName).columns : [];
    const out = leftOut[table] ?? [];
    const decided = out.includes("*") ? columns : [...archived, ...out];
    assert.deepEqual([...decided].sort(), [...columns].sort(), table);
    assert.equal(isArchived && out.includes("*"), false, table);
  }
  assert.deepEqual(Object.keys(leftOut).filter((table) => !names.includes(table)), []);
});

Deno.test("ArchiveReader gives the rows of one moment, and ArchiveWriter puts them back", async () => {
  await using fixture = await ClientStoreFixture.open();
  const { store, folder, cipher } = fixture;
  await fixture.add("bob", encodeText("one", systemRandom));
  await store.transaction(() => {
    store.groupProfiles.setName("group:" + "0".repeat(32), "team");
    store.synced.put({ kind: "label", name: "phone", time: 1, value: Uint8Array.of(7) });
    store.resends.want("direct:alice,bob", new Uint8Array(16));
    store.facts.set("crl", "5");
  });
  using reader = ArchiveReader.open(folder, cipher);
  await fixture.add("bob", encodeText("too late", systemRandom));
  assert.deepEqual([reader.countMessages(), reader.countConversations(), reader.count("synced")], [1, 1, 1]);
  const otherFolder = await Deno.makeTempDir({ prefix: "parley-archive-" });
  const other = ClientStore.open(otherFolder, {
    cipher: new CellCipher(systemRandom(32), systemRandom),
    holder: "test",
  });
  try {
    await other.transaction(() => {
      for (const { table, values } of reader.rows()) {
        other.archive.add(parseArchiveColumns(table, archivedTable(table).columns), values);
      }
    });
    assert.deepEqual(other.messages.after(0, 10), store.messages.after(0, 1));
    assert.deepEqual(other.synced.list("label"), store.synced.list("label"));
    assert.deepEqual(other.groupProfiles.names(), store.groupProfiles.names());
    assert.deepEqual(other.resends.due("direct:alice,bob", 10), [new Uint8Array(16)]);
    assert.deepEqual(other.mailboxes.get("direct:alice,bob").cursor, 1);
    assert.equal(other.facts.get("crl"), undefined);
  } finally {
    await other.close();
    await Deno.remove(otherFolder, { recursive: true });
  }
});

Deno.test("ArchiveWriter refuses values that are none of their table's", async () => {
  await using fixture = await ClientStoreFixture.open();
  const { store } = fixture;
  const add = async (table: string, columns: string[], values: (string | number | null | Uint8Array)[]) =>
    await store.transaction(() => store.archive.add(parseArchiveColumns(table, columns), values));
  const malformed = { name: "DecodeError", code: "backup-malformed" };
  await assert.rejects(add("mailboxes", ["mailbox", "cursor"], ["direct:alice,bob"]), malformed);
  await assert.rejects(add("mailboxes", ["mailbox", "cursor"], ["direct:alice,bob", "x"]), malformed);
  await assert.rejects(add("mailboxes", ["mailbox", "cursor"], ["../x", 1]), malformed);
  await assert.rejects(add("mailboxes", ["mailbox", "cursor"], ["direct:alice,bob", null]), malformed);
  await assert.rejects(add("synced", ["kind", "name", "time", "sealed"], ["mark", "bob", 1, "x"]), malformed);
  await assert.rejects(add("outbox", ["id", "sealed"], ["x", new Uint8Array()]), malformed);
  for (const [table, column] of [["groups", "mailbox"], ["mailboxes", "x"], ["mailboxes; DROP", "mailbox"]]) {
    await assert.rejects(add(table!, [column!], [1]), { code: "backup-newer" });
  }
});
