import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { decodeCbor, encodeHex, Reader } from "../../../lib/bytes/mod.ts";
import { deriveKeyFromPassword, SecretBytes, systemRandom } from "../../../lib/crypto/mod.ts";
import { BackupReader } from "../../../lib/client/backup/backup_reader.ts";
import {
  type BackupIdentity,
  type BackupRecord,
  decodeBackupRecord,
  encodeBackupRecord,
} from "../../../lib/client/backup/backup_record.ts";
import { BackupWriter } from "../../../lib/client/backup/backup_writer.ts";
import { Client } from "../../../lib/client/mod.ts";
import { openIdentity } from "../../../lib/client/identity.ts";
import type { DeviceRef } from "../../../lib/wire/mod.ts";
import { assertHides, SECRET_BYTE } from "../../support/assert_hides.ts";
import { backUp, backupPassphrase, cheapCost, restoreInto } from "../../support/backup_fixture.ts";
import { mutationsOf, typedErrorOf } from "../../support/mutate.ts";
import { World } from "../../support/world.ts";
import { openInsides, say, withClient } from "../groups/group_world.ts";

/** A device with something of everything. */
async function openLivedIn(world: World): Promise<{ alice: DeviceRef; bob: DeviceRef; team: string }> {
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/phone")];
  const { id: team } = await withClient(world, alice, (client) => client.groups.create("team", ["bob"]));
  await say(world, alice, team, "to the team");
  await world.send(alice, "bob", "to bob");
  await world.inbox(bob);
  await world.send(bob, "alice", "to alice");
  const client = await world.client(bob);
  await client.enqueue("alice", "waits");
  await world.close(client);
  return { alice, bob, team };
}

/** Opens a file as docs/PROTOCOL.md says, with nothing of what wrote it. */
async function openByTheBook(path: string): Promise<{ plaintext: Uint8Array; chunks: number }> {
  const file = await Deno.readFile(path);
  const statement = file.subarray(0, 44), view = new DataView(file.buffer);
  assert.equal(new TextDecoder().decode(file.subarray(0, 14)), "parley backup\n");
  assert.equal(view.getUint16(14), 1);
  const [memoryKiB, passes, parallelism] = [view.getUint32(16), view.getUint32(20), view.getUint32(24)];
  const salt = file.subarray(28, 44);
  const ikm = await deriveKeyFromPassword(backupPassphrase, salt, { memoryKiB, passes, parallelism });
  const derive = (info: string) => new Uint8Array(hkdfSync("sha256", ikm, statement, info, 32));
  const mac = createHmac("sha256", derive("parley backup v1 header")).update(statement).digest();
  assert.equal(encodeHex(mac), encodeHex(file.subarray(44, 76)));
  const key = derive("parley backup v1 content");
  const parts: Uint8Array[] = [];
  for (let offset = 76, index = 0; offset < file.length; index++) {
    const sealed = file.subarray(offset, offset += 65_552);
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(7, index);
    nonce[11] = offset >= file.length ? 1 : 0;
    const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
    decipher.setAuthTag(sealed.subarray(-16));
    parts.push(decipher.update(sealed.subarray(0, -16)), decipher.final());
  }
  return { plaintext: new Uint8Array(Buffer.concat(parts)), chunks: Math.ceil((file.length - 76) / 65_552) };
}

function recordsOf(plaintext: Uint8Array): unknown[][] {
  const reader = new Reader(plaintext), records: unknown[][] = [];
  while (reader.remaining > 0) {
    records.push(decodeCbor(reader.bytes(reader.u32("length"), "record")) as unknown[]);
  }
  return records;
}

Deno.test("Backups.write() writes the format that is documented, and nothing that must not be used twice", async () => {
  await using world = await World.open();
  const { bob } = await openLivedIn(world);
  const path = await backUp(world, bob);
  const { plaintext } = await openByTheBook(path);
  const records = recordsOf(plaintext);
  assert.deepEqual([records[0]![0], records.at(-1)![0]], ["identity", "end"]);
  const tables = records.filter(([type]) => type === "table").map(([, table]) => String(table));
  assert.deepEqual(
    tables.filter((one) =>
      ["groups", "members", "ratchets", "pending_commits", "key_packages"].includes(one)
    ),
    [],
  );
  for (const wanted of ["mailboxes", "group_profiles", "messages", "outbox"]) {
    assert.ok(tables.includes(wanted), wanted);
  }
  // The bytes themselves: no secret of a group, no ratchet, no private key but the device's own, no storage key.
  await using insides = await openInsides(world, bob);
  const { store, identity } = insides;
  const secrets: Uint8Array[] = [identity.storageKey.expose()];
  for (const mailbox of store.groups.conversations()) {
    const rows = store.groups.group(mailbox)!;
    secrets.push(rows.epoch, rows.secrets, ...rows.ratchets.values());
  }
  assert.ok(secrets.length > 4);
  const haystack = encodeHex(plaintext);
  for (const secret of secrets) assert.equal(haystack.includes(encodeHex(secret).slice(0, 64)), false);
  for (const sealed of store.outbox.sealed("direct:alice,bob", 10)) {
    assert.equal(haystack.includes(encodeHex(sealed.message)), false);
  }
  assert.ok(haystack.includes(encodeHex(new TextEncoder().encode("to the team"))));
});

Deno.test("BackupIdentity has its private key as bytes in a record, and shows it at neither end", () => {
  const der = new Uint8Array(48).fill(SECRET_BYTE), some = Uint8Array.of(1);
  const place = { time: 1, user: "bob", device: "phone", host: "localhost", port: 1, protected: false };
  const identity = { ...place, privateKey: new SecretBytes(der), certificates: [some], root: some };
  const encoded = encodeBackupRecord({ type: "identity", identity });
  assert.deepEqual(decodeCbor(encoded), ["identity", { ...identity, privateKey: der }]);
  const again = decodeBackupRecord(encoded);
  assert.ok(again.type === "identity");
  assert.deepEqual(again.identity.privateKey.expose(), der);
  assertHides(identity);
  assertHides(again);
});

Deno.test("restoreBackup() makes the same identity with the same history, under a new storage key", async () => {
  await using world = await World.open();
  const { bob, team } = await openLivedIn(world);
  const path = await backUp(world, bob);
  const home = `${world.relay.folder}/other`;
  const restored = await restoreInto(home, path);
  assert.deepEqual(
    [
      restored.user,
      restored.device,
      restored.messages,
      restored.conversations,
      restored.queued,
      restored.protected,
    ],
    ["bob", "phone", 4, 2, 1, false],
  );
  assert.equal((await Deno.stat(`${restored.folder}/device.key`)).mode! & 0o777, 0o600);
  const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  assert.deepEqual(names(`${home}/identities/bob`), ["phone"]);
  const linesOf = async (client: Client) => {
    const lines = [];
    for (const conversation of ["direct:alice,bob", team]) {
      for await (const page of client.history.pages(conversation)) lines.push(...page);
    }
    return lines;
  };
  const [first, second] = [await world.client(bob), await world.client(bob, home)];
  assert.deepEqual(await linesOf(second), await linesOf(first));
  assert.equal(second.groups.nameOf(team), "team");
  assert.ok(second.hasQueued());
  const keys = await Promise.all(
    [world.home, home].map((one) =>
      openIdentity(one, bob, () => Promise.reject(new Error("no passphrase")), () => new Date())
    ),
  );
  assert.notDeepEqual(keys[0]!.storageKey.expose(), keys[1]!.storageKey.expose());
  assert.deepEqual(keys[0]!.mls.signaturePublicKey, keys[1]!.mls.signaturePublicKey);
});

Deno.test("a message that waited in the outbox arrives once, whichever copies send it", async () => {
  await using world = await World.open();
  const { alice, bob } = await openLivedIn(world);
  const home = `${world.relay.folder}/other`;
  await restoreInto(home, await backUp(world, bob));
  await withClient(world, bob, (client) => client.deliver("direct:alice,bob"));
  assert.deepEqual((await world.inbox(alice)).filter((text) => text === "waits"), ["waits"]);
  const copy = await world.client(bob, home);
  await copy.connect();
  await copy.catchUp();
  await copy.deliver("direct:alice,bob");
  assert.equal(copy.hasQueued(), false);
  assert.deepEqual((await world.inbox(alice)).filter((text) => text === "waits"), []);
});

Deno.test("a copy that has given way takes no further conversation from the other one", async () => {
  await using world = await World.open();
  const { alice, bob, team } = await openLivedIn(world);
  const home = `${world.relay.folder}/other`;
  await restoreInto(home, await backUp(world, bob));
  const copy = await world.client(bob, home);
  await copy.connect();
  await copy.catchUp();
  await world.close(copy);
  assert.ok((await world.inbox(bob)).includes("duplicated bob/phone"));
  const { id } = await withClient(world, alice, (client) => client.groups.create("later", ["bob"]));
  await say(world, alice, id, "for the copy");
  const states = await withClient(
    world,
    bob,
    (client) => [team, id].map((one) => client.groups.show(one).state),
  );
  assert.deepEqual(states, ["duplicated", "duplicated"]);
  const again = await world.client(bob, home);
  await again.connect();
  await again.catchUp();
  assert.ok(again.history.unread().some(({ text }) => text === "for the copy"));
  assert.equal(again.groups.show(id).state, "active");
});

Deno.test("a restored device that was under a passphrase is under the backup's, unless that is not wanted", async () => {
  await using world = await World.open();
  const { bob } = await openLivedIn(world);
  const plain = await restoreInto(`${world.relay.folder}/plain`, await backUp(world, bob));
  assert.equal(plain.protected, false);
  // As `parley enroll` with a passphrase would have made it.
  const path = `${world.relay.folder}/protected.parley`;
  await rewrite(await backUp(world, bob), path, withIdentity({ protected: true }));
  const home = `${world.relay.folder}/protected`;
  assert.equal((await restoreInto(home, path)).protected, true);
  const open = (passphrase: Uint8Array) =>
    openIdentity(home, bob, () => Promise.resolve(passphrase), () => new Date());
  await assert.rejects(open(new Uint8Array(3)), { code: "passphrase-wrong" });
  assert.equal((await open(backupPassphrase)).facts.user, "bob");
  assert.equal((await restoreInto(`${home}2`, path, { unprotected: true })).protected, false);
});

/** Copies a backup with other records. */
async function rewrite(
  from: string,
  to: string,
  change: (record: BackupRecord) => BackupRecord[],
): Promise<void> {
  using reader = await BackupReader.open(from, () => Promise.resolve(backupPassphrase));
  using file = await Deno.open(to, { create: true, write: true, truncate: true });
  const secrecy = { passphrase: backupPassphrase, random: systemRandom, cost: cheapCost };
  const writer = await BackupWriter.begin((bytes) => file.writeSync(bytes), secrecy);
  for (const record of reader.records()) change(record).forEach((one) => writer.add(one));
  writer.end();
}

/** Changes what a backup says of its identity. */
function withIdentity(change: Record<string, unknown>): (record: BackupRecord) => BackupRecord[] {
  return (record) =>
    record.type === "identity"
      ? [{ ...record, identity: { ...record.identity, ...change } as BackupIdentity }]
      : [record];
}

Deno.test("restoreBackup() refuses identities that are not what they say, with paths in their names, too", async () => {
  await using world = await World.open();
  const { bob } = await openLivedIn(world);
  const path = await backUp(world, bob), forged = `${world.relay.folder}/forged.parley`;
  const changes: Record<string, unknown>[] = [
    { user: "../../up" },
    { user: "mallory" },
    { device: "other" },
    { certificates: [] },
    { certificates: [Uint8Array.of(1)] },
    { privateKey: new SecretBytes(Uint8Array.of(1)) },
    { port: 0 },
    { host: "" },
  ];
  for (const change of changes) {
    await rewrite(path, forged, withIdentity(change));
    const home = `${world.relay.folder}/forged`;
    await assert.rejects(restoreInto(home, forged), { code: "backup-malformed" }, JSON.stringify(change));
    await assert.rejects(Deno.stat(home), Deno.errors.NotFound);
  }
});

Deno.test("restoreBackup() refuses every changed file with a typed error, and writes nothing", async () => {
  await using world = await World.open();
  const { bob } = await openLivedIn(world);
  const original = await Deno.readFile(await backUp(world, bob));
  const path = `${world.relay.folder}/mutated.parley`, home = `${world.relay.folder}/mutated`;
  await fc.assert(
    fc.asyncProperty(mutationsOf(original), async (bytes) => {
      if (encodeHex(bytes) === encodeHex(original)) return;
      await Deno.writeFile(path, bytes);
      const error = await typedErrorOf(() => restoreInto(home, path));
      assert.ok(
        ["backup-malformed", "backup-newer", "passphrase-wrong", "backup-damaged"].includes(
          String(error?.code),
        ),
        `${error?.code}`,
      );
      await assert.rejects(Deno.stat(home), Deno.errors.NotFound);
    }),
    { numRuns: 60 },
  );
});

Deno.test("restoreBackup() takes its place from a restore that was killed, and not from one that is under way", async () => {
  await using world = await World.open();
  const { bob } = await openLivedIn(world);
  const path = await backUp(world, bob), home = `${world.relay.folder}/other`;
  const left = `${home}/identities/bob/.phone.restoring`;
  await Deno.mkdir(left, { recursive: true });
  await Deno.writeTextFile(`${left}/device.key`, "half");
  using lock = await Deno.open(`${left}.lock`, { create: true, write: true });
  assert.equal(await lock.tryLock(true), true);
  await assert.rejects(restoreInto(home, path), { code: "restore-busy" });
  await lock.unlock();
  const { folder } = await restoreInto(home, path);
  assert.match(await Deno.readTextFile(`${folder}/device.key`), /^-----BEGIN PRIVATE KEY-----/);
  assert.deepEqual([...Deno.readDirSync(`${home}/identities/bob`)].map(({ name }) => name), ["phone"]);
  await assert.rejects(restoreInto(home, path), { code: "identity-exists" });
});

Deno.test("Backups.write() leaves nothing where it is broken off, and replaces nothing unasked", async () => {
  await using world = await World.open();
  const { bob } = await openLivedIn(world);
  const client = await world.client(bob);
  const folder = `${world.relay.folder}/backups`;
  await Deno.mkdir(folder);
  const path = `${folder}/b.parley`, options = { passphrase: backupPassphrase, cost: cheapCost };
  await Deno.writeTextFile(path, "something");
  await assert.rejects(client.backups.write(path, options), { code: "file-exists" });
  await assert.rejects(client.backups.write(`${folder}/no/b`, options), { code: "file-unwritable" });
  const signal = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(client.backups.write(`${folder}/c`, { ...options, signal }), { message: "stopped" });
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["b.parley"]);
  await client.backups.write(path, { ...options, force: true });
  await assert.rejects(restoreInto(folder, path, { signal }), { message: "stopped" });
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["b.parley"]);
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
});

Deno.test("restoreBackup() reads what the first version of the format wrote", async () => {
  const home = await Deno.makeTempDir({ prefix: "parley-restore-" });
  try {
    const path = fileURLToPath(new URL("../../vectors/backup/v1.parley", import.meta.url));
    const { user, device, conversations, messages, marks, queued } = await restoreInto(home, path);
    assert.deepEqual([user, device, conversations, messages, marks, queued], ["bob", "phone", 1, 3, 1, 1]);
    const client = await Client.open({
      home,
      identity: { user, device },
      passphrase: () => Promise.reject(new Error("there is no passphrase")),
      holder: "test",
      agent: "test",
      onWarning: assert.fail,
    });
    const lines = await client.history.read({ conversation: "direct:alice,bob", limit: 10 });
    assert.deepEqual(lines.map(({ text }) => text), ["hello bob", "hello alice", "this waits"]);
    await client.close();
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("restoreBackup() tells a backup of a newer version from what is none", async () => {
  const folder = await Deno.makeTempDir({ prefix: "parley-restore-" });
  try {
    const original = await Deno.readFile(new URL("../../vectors/backup/v1.parley", import.meta.url));
    const codeOf = async (change: (bytes: Uint8Array) => Uint8Array) => {
      await Deno.writeFile(`${folder}/b`, change(original.slice()));
      return (await typedErrorOf(() => restoreInto(folder, `${folder}/b`)))?.code;
    };
    const withByte = (at: number, value: number) => (bytes: Uint8Array) => {
      bytes[at] = value;
      return bytes;
    };
    assert.equal(await codeOf(withByte(15, 2)), "backup-newer");
    assert.equal(await codeOf(withByte(15, 0)), "backup-malformed");
    assert.equal(await codeOf(withByte(0, 0)), "backup-malformed");
    assert.equal(await codeOf(() => new Uint8Array()), "backup-malformed");
    // A gigabyte of memory is not spent on a file of which nothing is known.
    assert.equal(await codeOf(withByte(16, 0xff)), "backup-malformed");
    assert.equal(await codeOf(withByte(28, 0)), "passphrase-wrong");
    assert.equal(await codeOf((bytes) => bytes.subarray(0, 76)), "backup-damaged");
    assert.equal(await codeOf((bytes) => Uint8Array.of(...bytes, 0)), "backup-damaged");
    await assert.rejects(restoreInto(folder, folder), { code: "file-not-regular" });
    await assert.rejects(restoreInto(folder, `${folder}/none`), { code: "file-not-found" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a backup may be longer than a chunk, and end with a full one", async () => {
  const path = await Deno.makeTempFile();
  try {
    for (const fill of [0, 1, 2]) {
      const parts: Uint8Array[] = [];
      const secrecy = { passphrase: backupPassphrase, random: systemRandom, cost: cheapCost };
      const writer = await BackupWriter.begin((bytes) => parts.push(bytes.slice()), secrecy);
      const counts = { conversations: 1, messages: 2, marks: 3, queued: 4 };
      const end = { type: "end", counts } as const;
      const endBytes = encodeBackupRecord(end).length + 4;
      const value = new Uint8Array(2 * 65_536 - endBytes - 4 - ROW_OVERHEAD_BYTES - 1 + fill);
      const row = { type: "row", values: [value] } as const;
      assert.equal(encodeBackupRecord({ ...row, values: [value] }).length, value.length + ROW_OVERHEAD_BYTES);
      writer.add({ ...row, values: [value] });
      writer.add(end);
      writer.end();
      await Deno.writeFile(path, Buffer.concat(parts));
      assert.equal((await Deno.stat(path)).size, 76 + 2 * 65_536 - 1 + fill + 16 * (fill === 2 ? 3 : 2));
      using reader = await BackupReader.open(path, () => Promise.resolve(backupPassphrase));
      const records = [...reader.records()];
      assert.deepEqual(records, [{ type: "row", values: [value] }, end]);
      assert.deepEqual((await openByTheBook(path)).chunks, fill === 2 ? 3 : 2);
    }
  } finally {
    await Deno.remove(path);
  }
});

/** `["row", [value]]` around a byte string of more than 65,535 bytes. */
const ROW_OVERHEAD_BYTES = 1 + 4 + 1 + 5;

Deno.test("restoreBackup() refuses records that make no sense, and leaves no folder", async () => {
  await using world = await World.open();
  const { bob } = await openLivedIn(world);
  const path = await backUp(world, bob), forged = `${world.relay.folder}/forged.parley`;
  const home = `${world.relay.folder}/forged`;
  const changeOf =
    (type: BackupRecord["type"], change: (record: BackupRecord) => unknown[]) => (record: BackupRecord) =>
      (record.type === type ? change(record) : [record]) as BackupRecord[];
  const into = (table: string, columns: string[]) => [{ type: "table", into: { table, columns } }];
  const cases: [string, (record: BackupRecord) => BackupRecord[]][] = [
    ["backup-malformed", changeOf("end", () => [])],
    ["backup-malformed", changeOf("end", (end) => [end, end])],
    ["backup-malformed", changeOf("identity", () => [])],
    ["backup-malformed", changeOf("identity", (identity) => [identity, identity])],
    ["backup-malformed", changeOf("table", () => [])],
    ["backup-malformed", changeOf("row", () => [{ type: "row", values: [1] }])],
    ["backup-malformed", changeOf("row", (row) => [row, row])],
    ["backup-newer", changeOf("table", () => into("ratchets", ["mailbox"]))],
    ["backup-newer", changeOf("table", () => into("messages", ["mailbox", "colour"]))],
    ["backup-newer", changeOf("table", () => into("messages", ["mailbox", "mailbox"]))],
    ["backup-malformed", changeOf("table", () => into("mailboxes", ["mailbox", "cursor", "acked", "state"]))],
  ];
  for (const [code, change] of cases) {
    await rewrite(path, forged, change);
    await assert.rejects(restoreInto(home, forged), { code });
    const left = await Array.fromAsync(Deno.readDir(`${home}/identities/bob`)).catch(() => []);
    assert.deepEqual(left, []);
  }
});

Deno.test("restoreBackup() reads an older backup, which lacks columns that came later", async () => {
  await using world = await World.open();
  const { bob } = await openLivedIn(world);
  const path = `${world.relay.folder}/older.parley`;
  let place = -1;
  await rewrite(await backUp(world, bob), path, (record) => {
    if (record.type === "table") {
      place = record.into.columns.indexOf("relay_receipt");
      return [{
        ...record,
        into: { ...record.into, columns: record.into.columns.filter((_, i) => i !== place) },
      }];
    }
    return [
      record.type === "row" ? { ...record, values: record.values.filter((_, i) => i !== place) } : record,
    ];
  });
  assert.equal((await restoreInto(`${world.relay.folder}/older`, path)).messages, 4);
});
