import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  type BlobDisk,
  type BlobFile,
  type BlobLimits,
  BlobStore,
  FolderBlobDisk,
} from "../../lib/store/mod.ts";
import { BLOB_RECORD_BYTES, encodeBlobRecord } from "../../lib/wire/mod.ts";
import { inFolder } from "../support/in_folder.ts";
import { ref } from "../support/mailbox_fixture.ts";

const ALICE = ref("alice/laptop"), BOB = ref("bob/laptop"), CAROL = ref("carol/phone");
const LAST_BYTES = 1_000;
const READERS = () => ["bob/laptop", "carol/phone"];
const blobId = () => crypto.getRandomValues(new Uint8Array(32));

function record(fill: number, bytes = BLOB_RECORD_BYTES): Uint8Array<ArrayBuffer> {
  return encodeBlobRecord(new Uint8Array(bytes - 4).fill(fill));
}

const RECORDS = [record(1), record(2), record(3, LAST_BYTES)];

/** A store in a folder, with what a test may change. */
class Fixture {
  now = 1_000_000;
  store: BlobStore;
  readonly #folder: string;
  readonly #limits: Partial<BlobLimits>;
  readonly #disk: BlobDisk | undefined;

  constructor(folder: string, limits: Partial<BlobLimits> = {}, disk?: BlobDisk) {
    this.#folder = folder;
    this.#limits = { minFreeBytes: 0, ...limits };
    this.#disk = disk;
    this.store = this.#open();
  }

  #open(): BlobStore {
    return BlobStore.open({
      databasePath: `${this.#folder}/blobs.db`,
      folder: `${this.#folder}/blobs`,
      clock: () => this.now,
      limits: this.#limits,
      ...(this.#disk && { disk: this.#disk }),
    });
  }

  async reopen(): Promise<void> {
    await this.store.close();
    this.store = this.#open();
  }

  begin(id: Uint8Array<ArrayBuffer>, creator = ALICE, records = RECORDS.length) {
    return this.store.begin({ id, creator, mailbox: "group:x", records, lastRecordBytes: LAST_BYTES });
  }

  /** Uploads and finishes a blob. */
  async upload(id = blobId(), creator = ALICE): Promise<Uint8Array<ArrayBuffer>> {
    await this.begin(id, creator);
    await Promise.all(RECORDS.map((bytes, index) => this.store.put(creator, id, index, bytes)));
    await this.store.finish(creator, id, 5);
    return id;
  }

  pathOf(id: Uint8Array): string {
    const name = id.toHex();
    return `${this.#folder}/blobs/${name.slice(0, 2)}/${name}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.store.close();
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

Deno.test("BlobStore gives the records that were put, also after it was opened again", () =>
  inFolder(async (folder) => {
    await using test = new Fixture(folder);
    const id = await test.upload();
    await test.reopen();
    const facts = test.store.find(id)!;
    assert.equal(facts.seq, 5);
    for (const [index, bytes] of RECORDS.entries()) {
      assert.deepEqual(await test.store.read(facts, index), bytes);
    }
    await assert.rejects(test.store.read(facts, 3), { code: "blob-range" });
    assert.equal(Deno.statSync(test.pathOf(id)).mode! & 0o777, 0o600);
  }));

Deno.test("BlobStore.begin() says what is stored when an upload is gone on with", () =>
  inFolder(async (folder) => {
    await using test = new Fixture(folder);
    const id = blobId();
    assert.deepEqual(await test.begin(id), { stored: 0, finished: false });
    assert.equal(await test.store.put(ALICE, id, 0, RECORDS[0]!), 1);
    await test.reopen();
    assert.deepEqual(await test.begin(id), { stored: 1, finished: false });
    await assert.rejects(test.store.finish(ALICE, id, 5), { code: "blob-incomplete" });
    await assert.rejects(test.store.read(test.store.find(id)!, 0), { code: "blob-incomplete" });
    await test.store.put(ALICE, id, 1, RECORDS[1]!);
    await test.store.put(ALICE, id, 2, RECORDS[2]!);
    await test.store.finish(ALICE, id, 5);
    assert.deepEqual(await test.begin(id), { stored: 3, finished: true });
  }));

Deno.test("BlobStore counts after a crash what is intact, and nothing of a torn record", () =>
  inFolder(async (folder) => {
    await using test = new Fixture(folder);
    const id = blobId();
    await test.begin(id);
    await test.store.put(ALICE, id, 0, RECORDS[0]!);
    await test.store.close();
    // As if the relay had been killed in the middle of the second record, before it took note of the first.
    using file = Deno.openSync(test.pathOf(id), { write: true });
    file.seekSync(BLOB_RECORD_BYTES, Deno.SeekMode.Start);
    file.writeSync(RECORDS[1]!.subarray(0, 70_000));
    test.store = new Fixture(folder).store;
    assert.equal((await test.begin(id)).stored, 1);
    await test.store.put(ALICE, id, 1, RECORDS[1]!);
    assert.equal(await test.store.put(ALICE, id, 2, RECORDS[2]!), 3);
  }));

Deno.test("BlobStore.put() changes nothing when a record is repeated, and refuses gaps, damage and wrong lengths", () =>
  inFolder(async (folder) => {
    await using test = new Fixture(folder);
    const id = blobId();
    await test.begin(id);
    await assert.rejects(test.store.put(ALICE, id, 1, RECORDS[1]!), { code: "blob-gap" });
    const damaged = RECORDS[0]!.with(100, 99);
    await assert.rejects(test.store.put(ALICE, id, 0, damaged), { code: "blob-record-damaged" });
    await assert.rejects(test.store.put(ALICE, id, 0, RECORDS[2]!), { code: "blob-range" });
    // Twice at once, as over two connections.
    await Promise.all([test.store.put(ALICE, id, 0, RECORDS[0]!), test.store.put(ALICE, id, 0, record(9))]);
    await test.store.put(ALICE, id, 0, record(9));
    await assert.rejects(test.store.put(BOB, id, 1, RECORDS[1]!), { code: "forbidden" });
    await test.store.put(ALICE, id, 1, RECORDS[1]!);
    await test.store.put(ALICE, id, 2, RECORDS[2]!);
    await assert.rejects(test.store.put(ALICE, id, 3, RECORDS[2]!), { code: "blob-range" });
    await test.store.finish(ALICE, id, 5);
    assert.deepEqual(await test.store.read(test.store.find(id)!, 0), RECORDS[0]);
  }));

Deno.test("BlobStore.begin() refuses another blob under the same id", () =>
  inFolder(async (folder) => {
    await using test = new Fixture(folder);
    const id = blobId();
    await test.begin(id);
    await assert.rejects(test.begin(id, BOB), { code: "blob-exists" });
    await assert.rejects(test.begin(id, ALICE, 4), { code: "blob-exists" });
  }));

Deno.test("BlobStore.read() refuses a record with a bit flipped on the disk", () =>
  inFolder(async (folder) => {
    await using test = new Fixture(folder);
    const id = await test.upload();
    const bytes = Deno.readFileSync(test.pathOf(id));
    bytes[BLOB_RECORD_BYTES + 5_000]! ^= 4;
    Deno.writeFileSync(test.pathOf(id), bytes);
    const facts = test.store.find(id)!;
    assert.deepEqual(await test.store.read(facts, 0), RECORDS[0]);
    await assert.rejects(test.store.read(facts, 1), { code: "blob-damaged" });
    await test.reopen();
    Deno.removeSync(test.pathOf(id));
    await assert.rejects(test.store.read(facts, 0), { code: "blob-damaged" });
  }));

Deno.test("BlobStore deletes a blob when every reader is done, or has gone", () =>
  inFolder(async (folder) => {
    await using test = new Fixture(folder);
    const id = await test.upload();
    await test.store.done(id, BOB, READERS);
    assert(isThere(test.pathOf(id)));
    await test.store.done(id, CAROL, READERS);
    assert.equal(test.store.find(id), undefined);
    assert(!isThere(test.pathOf(id)));
    await test.store.done(id, CAROL, READERS);
    const second = await test.upload();
    await test.store.done(second, BOB, READERS);
    await test.store.expire(READERS);
    assert(isThere(test.pathOf(second)));
    await test.store.expire(() => ["bob/laptop"]);
    assert(!isThere(test.pathOf(second)));
  }));

Deno.test("BlobStore.delete() is for the uploader only", () =>
  inFolder(async (folder) => {
    await using test = new Fixture(folder);
    const id = await test.upload();
    await assert.rejects(test.store.delete(BOB, id), { code: "forbidden" });
    await test.store.delete(ALICE, id);
    await test.store.delete(ALICE, id);
    assert(!isThere(test.pathOf(id)));
  }));

Deno.test("BlobStore.expire() deletes blobs after the retention time and uploads that nobody goes on with", () =>
  inFolder(async (folder) => {
    await using test = new Fixture(folder, { retentionMs: 1_000, uploadTimeoutMs: 500 });
    const finished = await test.upload(), open = blobId();
    await test.begin(open);
    await test.store.put(ALICE, open, 0, RECORDS[0]!);
    test.now += 600;
    await test.begin(open);
    test.now += 450;
    await test.store.expire(READERS);
    assert.equal(test.store.find(finished), undefined);
    assert(isThere(test.pathOf(open)));
    test.now += 100;
    await test.store.expire(READERS);
    assert(!isThere(test.pathOf(open)));
  }));

Deno.test("BlobStore.collectOrphans() removes files without a blob and nothing else", () =>
  inFolder(async (folder) => {
    await using test = new Fixture(folder);
    const id = await test.upload();
    const orphan = test.pathOf(blobId());
    Deno.mkdirSync(orphan.slice(0, orphan.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(orphan, "x");
    assert.equal(await test.store.collectOrphans(), 1);
    assert(!isThere(orphan));
    assert(isThere(test.pathOf(id)));
  }));

Deno.test("BlobStore keeps to its quotas", () =>
  inFolder(async (folder) => {
    const bytes = 2 * BLOB_RECORD_BYTES + LAST_BYTES;
    const limits = {
      maxBytesPerUser: bytes * 2,
      maxBytes: bytes * 3,
      maxBlobsPerUser: 2,
      maxBlobBytes: bytes,
    };
    await using test = new Fixture(folder, limits);
    await assert.rejects(test.begin(blobId(), ALICE, 4), { code: "blob-too-large" });
    const first = await test.upload();
    await test.begin(blobId());
    await assert.rejects(test.begin(blobId()), { code: "too-many-blobs" });
    await test.begin(blobId(), BOB);
    await assert.rejects(test.begin(blobId(), BOB), { code: "blob-storage-full" });
    const { blobs, bytes: used, uploads } = await test.store.usage();
    assert.deepEqual({ blobs, used, uploads }, { blobs: 3, used: 3 * bytes, uploads: 2 });
    await test.store.delete(ALICE, first);
    await test.begin(blobId(), BOB);
    await assert.rejects(test.begin(blobId(), BOB), { code: "too-many-blobs" });
  }));

/** The files of a folder on a disk that fills up. */
class FullDisk extends FolderBlobDisk {
  full = false;
  free = 1e12;

  override async create(name: string): Promise<BlobFile> {
    const file = await super.create(name);
    const write = file.write.bind(file);
    file.write = async (at, parts) => {
      if (!this.full) return await write(at, parts);
      // Half of it, as a real disk does.
      await write(at, [parts[0]!.subarray(0, 1_000)]);
      throw Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
    };
    return file;
  }

  override freeBytes(): Promise<number> {
    return Promise.resolve(this.free);
  }
}

Deno.test("BlobStore fails an upload with a typed error when the disk is full, and goes on when there is room", () =>
  inFolder(async (folder) => {
    const disk = new FullDisk(`${folder}/blobs`);
    await using test = new Fixture(folder, { minFreeBytes: 1_000_000 }, disk);
    const other = await test.upload(), id = blobId();
    await test.begin(id);
    await test.store.put(ALICE, id, 0, RECORDS[0]!);
    disk.full = true;
    const puts = [1, 2].map((index) => test.store.put(ALICE, id, index, RECORDS[index]!));
    for (const { status, reason } of await Promise.allSettled(puts) as PromiseRejectedResult[]) {
      assert.equal(status, "rejected");
      assert.equal(reason.code, "blob-storage-full");
    }
    assert.equal(Deno.statSync(test.pathOf(id)).size, BLOB_RECORD_BYTES);
    assert.deepEqual(await test.store.read(test.store.find(other)!, 1), RECORDS[1]);
    disk.full = false;
    assert.equal((await test.begin(id)).stored, 1);
    assert.equal(await test.store.put(ALICE, id, 1, RECORDS[1]!), 2);
    disk.free = 1_000_500;
    await assert.rejects(test.begin(blobId()), { code: "blob-storage-full" });
  }));

/** A disk whose flushes end when a test says so. */
class SlowDisk extends FolderBlobDisk {
  readonly flushes: { written: number; end: (error?: Error) => void }[] = [];
  onFlush = () => {};
  onCreate = (_file: BlobFile) => {};
  #written = 0;

  override async create(name: string): Promise<BlobFile> {
    const file = await super.create(name);
    const write = file.write.bind(file);
    file.write = async (at, parts) => {
      await write(at, parts);
      this.#written += parts.length;
    };
    file.sync = () =>
      new Promise((resolve, reject) => {
        this.flushes.push({ written: this.#written, end: (error) => error ? reject(error) : resolve() });
        this.onFlush();
      });
    this.onCreate(file);
    return file;
  }

  /** The flush of this number, once it has begun. */
  async flush(number: number): Promise<{ written: number; end: (error?: Error) => void }> {
    while (this.flushes.length <= number) await new Promise<void>((resolve) => this.onFlush = resolve);
    return this.flushes[number]!;
  }
}

const MANY = 40;

Deno.test("BlobStore acknowledges what was flushed, and writes what comes meanwhile", () =>
  inFolder(async (folder) => {
    const disk = new SlowDisk(`${folder}/blobs`);
    await using test = new Fixture(folder, {}, disk);
    const id = blobId(), stored: number[] = [];
    await test.begin(id, ALICE, MANY);
    const put = (index: number) =>
      test.store.put(ALICE, id, index, record(index)).then((count) => stored.push(count));
    const early = Array.from({ length: 8 }, (_, index) => put(index));
    const first = await disk.flush(0);
    assert.deepEqual([first.written, stored], [8, []]);
    const late = Array.from({ length: 8 }, (_, index) => put(8 + index));
    first.end();
    await Promise.all(early);
    assert.deepEqual(stored, early.map(() => 8));
    const second = await disk.flush(1);
    assert.deepEqual([second.written, stored.length], [16, 8]);
    second.end();
    await Promise.all(late);
    assert.deepEqual(stored.slice(8), late.map(() => 16));
    // A record that nothing follows does not wait for others.
    const lone = put(16);
    (await disk.flush(2)).end();
    await lone;
    assert.equal(stored.at(-1), 17);
  }));

Deno.test("BlobStore keeps nothing of what a flush that failed was for", () =>
  inFolder(async (folder) => {
    const disk = new SlowDisk(`${folder}/blobs`);
    await using test = new Fixture(folder, {}, disk);
    const id = blobId();
    await test.begin(id, ALICE, MANY);
    const first = test.store.put(ALICE, id, 0, record(0));
    (await disk.flush(0)).end();
    await first;
    const puts = Array.from({ length: 9 }, (_, index) => test.store.put(ALICE, id, 1 + index, record(index)));
    (await disk.flush(1)).end(Object.assign(new Error("input/output error"), { code: "EIO" }));
    for (const { status, reason } of await Promise.allSettled(puts) as PromiseRejectedResult[]) {
      assert.deepEqual([status, reason?.code], ["rejected", "blob-storage-failed"]);
    }
    assert.equal(Deno.statSync(test.pathOf(id)).size, BLOB_RECORD_BYTES);
    assert.equal((await test.begin(id, ALICE, MANY)).stored, 1);
    const again = test.store.put(ALICE, id, 1, record(1));
    (await disk.flush(2)).end();
    assert.equal(await again, 2);
  }));

Deno.test("BlobStore.put() fails, and can be repeated, where a flush fails while more is being written", () =>
  inFolder(async (folder) => {
    const disk = new SlowDisk(`${folder}/blobs`);
    await using test = new Fixture(folder, {}, disk);
    const id = blobId(), writing = Promise.withResolvers<void>(), mayWrite = Promise.withResolvers<void>();
    await test.begin(id, ALICE, MANY);
    disk.onCreate = (file) => {
      const write = file.write.bind(file);
      file.write = async (at, parts) => {
        if (at > 0) {
          writing.resolve();
          await mayWrite.promise;
        }
        await write(at, parts);
      };
    };
    const puts = [test.store.put(ALICE, id, 0, record(0))];
    const flush = await disk.flush(0);
    puts.push(test.store.put(ALICE, id, 1, record(1)));
    await writing.promise;
    flush.end(Object.assign(new Error("input/output error"), { code: "EIO" }));
    mayWrite.resolve();
    for (const { status, reason } of await Promise.allSettled(puts) as PromiseRejectedResult[]) {
      assert.deepEqual([status, reason?.code], ["rejected", "blob-storage-failed"]);
    }
    assert.equal(Deno.statSync(test.pathOf(id)).size, 0);
    const again = test.store.put(ALICE, id, 0, record(0));
    (await disk.flush(1)).end();
    assert.equal(await again, 1);
  }));

Deno.test("BlobStore.expire() does not come between the records of an upload that goes on", () =>
  inFolder(async (folder) => {
    const disk = new SlowDisk(`${folder}/blobs`);
    await using test = new Fixture(folder, {}, disk);
    const id = blobId(), mayWrite = Promise.withResolvers<void>();
    await test.begin(id, ALICE, MANY);
    disk.onCreate = (file) => {
      const write = file.write.bind(file);
      file.write = (at, parts) => mayWrite.promise.then(() => write(at, parts));
    };
    disk.onFlush = () => disk.flushes.at(-1)!.end();
    const first = test.store.put(ALICE, id, 0, record(0));
    await test.store.expire(READERS);
    const second = test.store.put(ALICE, id, 1, record(1));
    mayWrite.resolve();
    await first;
    assert.equal(await second, 2);
  }));

Deno.test("BlobStore.close() closes everything also where the catalogue cannot be written", () =>
  inFolder(async (folder) => {
    const test = new Fixture(folder);
    const id = blobId();
    await test.begin(id);
    await test.store.put(ALICE, id, 0, RECORDS[0]!);
    {
      using db = new DatabaseSync(`${folder}/blobs.db`);
      db.exec("CREATE TRIGGER refuse BEFORE UPDATE ON blob BEGIN SELECT RAISE(ABORT, 'no'); END");
    }
    await assert.rejects(test.store.close(), { kind: "storage" });
    // The last to close a database removes its log.
    assert.throws(() => Deno.statSync(`${folder}/blobs.db-wal`), Deno.errors.NotFound);
  }));

Deno.test("BlobStore flushes what a relay that was killed has written before it calls it stored", () =>
  inFolder(async (folder) => {
    const id = blobId();
    {
      await using before = new Fixture(folder);
      await before.begin(id);
      await before.store.put(ALICE, id, 0, RECORDS[0]!);
    }
    const path = `${folder}/blobs/${id.toHex().slice(0, 2)}/${id.toHex()}`;
    Deno.writeFileSync(path, RECORDS[1]!, { append: true });
    Deno.writeFileSync(path, RECORDS[2]!, { append: true });
    const disk = new SlowDisk(`${folder}/blobs`);
    await using test = new Fixture(folder, {}, disk);
    const failing = assert.rejects(test.begin(id), { code: "blob-storage-failed" });
    (await disk.flush(0)).end(new Error("input/output error"));
    await failing;
    const begun = test.begin(id);
    (await disk.flush(1)).end();
    assert.deepEqual(await begun, { stored: 3, finished: false });
    await test.store.finish(ALICE, id, 5);
  }));

Deno.test("BlobStore.put() is not held up by a record that is repeated again and again", () =>
  inFolder(async (folder) => {
    const disk = new SlowDisk(`${folder}/blobs`);
    await using test = new Fixture(folder, {}, disk);
    const id = blobId(), puts: Promise<number>[] = [];
    await test.begin(id);
    const timer = setInterval(() => {
      puts.push(test.store.put(ALICE, id, 0, RECORDS[0]!));
      if (puts.length === 200) clearInterval(timer);
    }, 1);
    const flush = await disk.flush(0);
    clearInterval(timer);
    flush.end();
    assert(puts.length < 200, "the flush has waited for the repetitions to end");
    assert.deepEqual(await Promise.all(puts), puts.map(() => 1));
  }));

Deno.test("BlobStore.put() tells of a flush that failed also where the file cannot be closed", () =>
  inFolder(async (folder) => {
    const disk = new SlowDisk(`${folder}/blobs`);
    await using test = new Fixture(folder, {}, disk);
    const id = blobId();
    await test.begin(id);
    disk.onCreate = (file) => {
      const close = file.close.bind(file);
      file.close = () => close().then(() => Promise.reject(new Error("input/output error")));
    };
    const put = assert.rejects(test.store.put(ALICE, id, 0, RECORDS[0]!), { code: "blob-storage-failed" });
    (await disk.flush(0)).end(new Error("input/output error"));
    await put;
    disk.onCreate = () => {};
    const again = test.store.put(ALICE, id, 0, RECORDS[0]!);
    (await disk.flush(1)).end();
    assert.equal(await again, 1);
  }));
