import assert from "node:assert/strict";
import { BlobService } from "../../lib/relay/blob_service.ts";
import { defaultRelayLimits } from "../../lib/relay/mod.ts";
import type { Session } from "../../lib/relay/session.ts";
import type { BlobStore } from "../../lib/store/mod.ts";
import { BLOB_RECORD_BYTES, encodeBlobRecord } from "../../lib/wire/mod.ts";
import { fakeCommit, fakeWelcome, randomId } from "../support/mailbox_fixture.ts";
import { append, createGroup, type TestDevice, TestRelay } from "../support/relay_fixture.ts";

const blobId = () => crypto.getRandomValues(new Uint8Array(32));
const RECORD = encodeBlobRecord(new Uint8Array(996).fill(3));

/** Uploads a blob of one record. */
async function upload(from: TestDevice, mailbox: string): Promise<Uint8Array<ArrayBuffer>> {
  const blob = blobId();
  await from.connection.request("blob-begin", { blob, mailbox, records: 1, lastRecordBytes: RECORD.length });
  await from.connection.request("blob-put", { blob, index: 0, record: RECORD });
  await from.connection.request("blob-finish", { blob });
  return blob;
}

/** Changes who is in a group. */
async function commit(
  author: TestDevice,
  mailbox: string,
  epoch: number,
  add: TestDevice[],
  remove: TestDevice[],
) {
  await author.connection.request("commit", {
    mailbox,
    id: randomId(),
    commit: fakeCommit(mailbox, epoch),
    add: add.map(({ device }) => device),
    remove: remove.map(({ device }) => device),
    ...(add.length > 0 && { welcome: fakeWelcome() }),
  });
}

const get = ({ connection }: TestDevice, blob: Uint8Array<ArrayBuffer>) =>
  connection.request("blob-get", { blob, index: 0 });

Deno.test("a blob is for who was a member when it was finished, and for nobody else", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using bob = await relay.device("bob/laptop");
  await using late = await relay.device("carol/phone");
  await using outsider = await relay.device("mallory/laptop");
  const mailbox = await createGroup(alice, bob);
  const blob = await upload(alice, mailbox);
  assert.deepEqual((await get(bob, blob)).record, RECORD);
  await assert.rejects(get(outsider, blob), { code: "not-a-member" });
  await assert.rejects(outsider.connection.request("blob-done", { blob }), { code: "not-a-member" });
  await assert.rejects(outsider.connection.request("blob-delete", { blob }), { code: "forbidden" });
  await assert.rejects(bob.connection.request("blob-finish", { blob }), { code: "forbidden" });
  await commit(alice, mailbox, 1, [late], []);
  await assert.rejects(get(late, blob), { code: "not-a-member" });
  await assert.rejects(upload(outsider, mailbox), { code: "not-a-member" });
  assert.deepEqual((await get(late, await upload(bob, mailbox))).record, RECORD);
  const { seq } = await append(alice, mailbox, 2);
  await alice.connection.request("blob-finish", { blob, seq });
  assert.deepEqual((await get(late, blob)).record, RECORD);
});

Deno.test("a removed device fetches what was finished before, and nothing after", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using bob = await relay.device("bob/laptop");
  const mailbox = await createGroup(alice, bob);
  const before = await upload(alice, mailbox);
  await commit(alice, mailbox, 1, [], [bob]);
  const after = await upload(alice, mailbox);
  assert.deepEqual((await get(bob, before)).record, RECORD);
  await assert.rejects(get(bob, after), { code: "not-a-member" });
  await assert.rejects(upload(bob, mailbox), { code: "not-a-member" });
});

Deno.test("a blob is deleted when every device that may fetch it is done", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using bob = await relay.device("bob/laptop");
  await using phone = await relay.device("bob/phone");
  const mailbox = await createGroup(alice, bob, phone);
  const blob = await upload(alice, mailbox);
  await bob.connection.request("blob-done", { blob });
  await get(phone, blob);
  assert.equal((await relay.relay.stats()).files.blobs, 1);
  await phone.connection.request("blob-done", { blob });
  await phone.connection.request("blob-done", { blob });
  await assert.rejects(get(phone, blob), { code: "blob-unknown" });
  assert.deepEqual((await relay.relay.stats()).files.bytes, 0);
});

Deno.test("quotas and full disks fail an upload and nothing else", async () => {
  const blobs = { maxBytesPerUser: 3_000, maxBytes: 4_000 };
  await using relay = await TestRelay.start({ blobs });
  await using alice = await relay.device("alice/laptop");
  await using bob = await relay.device("bob/laptop");
  const mailbox = await createGroup(alice, bob);
  const first = await upload(alice, mailbox);
  await upload(alice, mailbox);
  await upload(alice, mailbox);
  await assert.rejects(upload(alice, mailbox), { code: "blob-quota-exceeded", kind: "storage" });
  await upload(bob, mailbox);
  await assert.rejects(upload(bob, mailbox), { code: "blob-storage-full", kind: "storage" });
  assert.equal((await append(alice, mailbox, 1)).seq, 2);
  await alice.connection.request("blob-delete", { blob: first });
  await upload(bob, mailbox);
});

Deno.test("a relay without room on its disk takes messages and no files", async () => {
  await using relay = await TestRelay.start({ blobs: { minFreeBytes: 2 ** 60 } });
  await using alice = await relay.device("alice/laptop");
  const mailbox = await createGroup(alice);
  await assert.rejects(upload(alice, mailbox), { code: "blob-storage-full" });
  assert.equal((await append(alice, mailbox, 1)).seq, 2);
});

Deno.test("a device that sends more than the disk takes is told so, and its connection stays", async () => {
  await using relay = await TestRelay.start({ maxBlobBytesInFlightPerDevice: 2 * BLOB_RECORD_BYTES });
  await using alice = await relay.device("alice/laptop");
  const mailbox = await createGroup(alice);
  const blob = blobId(), record = encodeBlobRecord(new Uint8Array(BLOB_RECORD_BYTES - 4));
  const records = 40;
  await alice.connection.request("blob-begin", {
    blob,
    mailbox,
    records,
    lastRecordBytes: BLOB_RECORD_BYTES,
  });
  const puts = Array.from(
    { length: records },
    () => alice.connection.request("blob-put", { blob, index: 0, record }),
  );
  const codes = new Set(
    (await Promise.allSettled(puts)).map((it) => it.status === "rejected" ? it.reason.code : "ok"),
  );
  assert(codes.has("ok"));
  for (const code of codes) assert(["ok", "blob-busy"].includes(code));
  assert.equal((await alice.connection.request("blob-put", { blob, index: 1, record })).stored, 2);
});

Deno.test("messages get through while another device has asked for 75 MB of files", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using bob = await relay.device("bob/laptop");
  const mailbox = await createGroup(alice, bob);
  const blob = blobId(), record = encodeBlobRecord(new Uint8Array(BLOB_RECORD_BYTES - 4));
  await alice.connection.request("blob-begin", {
    blob,
    mailbox,
    records: 1,
    lastRecordBytes: BLOB_RECORD_BYTES,
  });
  await alice.connection.request("blob-put", { blob, index: 0, record });
  await alice.connection.request("blob-finish", { blob });
  const gets = Array.from({ length: 300 }, () => get(bob, blob));
  assert.equal((await append(alice, mailbox, 1)).seq, 2);
  const answers = await Promise.all(gets);
  assert(answers.every((answer) => answer.record.length === BLOB_RECORD_BYTES));
});

Deno.test("BlobService reads four records at most for a connection that does not take what it asked for", async () => {
  const device = { user: "bob", device: "laptop" };
  const facts = {
    id: blobId(),
    creator: device,
    mailbox: "x",
    records: 9,
    lastRecordBytes: 9,
    seq: 1,
    stored: 9,
  };
  let reads = 0;
  const blobs = { find: () => facts, read: () => (reads++, Promise.resolve(RECORD)) } as unknown as BlobStore;
  const drains: (() => void)[] = [];
  const session = {
    device,
    drained: () => new Promise<void>((resolve) => drains.push(resolve)),
  } as unknown as Session;
  const mailboxes = { readers: () => Promise.resolve(undefined) };
  const answers = new BlobService({ blobs, mailboxes, limits: defaultRelayLimits }).answers(session);
  const gets = Array.from(
    { length: 9 },
    (_, index) =>
      new Promise((resolve, reject) =>
        void answers["blob-get"]({ blob: facts.id, index }, { resolve, reject })
      ),
  );
  for (const [taken, answer] of gets.entries()) {
    while (drains.length === 0) await Promise.resolve();
    assert(drains.length <= 4);
    assert.equal(reads, taken);
    drains.shift()!();
    await answer;
  }
});
