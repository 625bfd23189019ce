import type { DatabaseSync } from "node:sqlite";
import { encodeHex } from "../bytes/mod.ts";
import { ProtocolError, StorageError } from "../errors/mod.ts";
import { BLOB_RECORD_BYTES, type DeviceRef, formatDeviceRef, isBlobRecordIntact } from "../wire/mod.ts";
import { blobBytes, BlobCatalog, type BlobFacts, type BlobTotals } from "./blob_catalog.ts";
import { type BlobDisk, type BlobFile, FolderBlobDisk } from "./blob_disk.ts";
import { blobDamaged, blobStorageFull, blobUnknown, toBlobError } from "./blob_error.ts";
import { type BlobLimits, defaultBlobLimits } from "./blob_limits.ts";
import { blobMigrations } from "./blob_migrations.ts";
import { BlobUpload, recordBytes } from "./blob_upload.ts";
import { GroupCommit } from "./group_commit.ts";
import { openDatabase } from "./open_database.ts";
import { OpenFiles } from "./open_files.ts";

/** How to open a {@link BlobStore}. */
export interface BlobStoreOptions {
  /** The catalogue's file; made where there is none. */
  databasePath: string;
  /** The folder of the blobs; made where there is none. */
  folder: string;
  /** Milliseconds since 1970. */
  clock: () => number;
  /** Bounds that differ from the default. */
  limits?: Partial<BlobLimits>;
  /** Where the files are, if not in the folder. */
  disk?: BlobDisk;
}

/** A blob as its uploader declares it. */
export type DeclaredBlob = Pick<BlobFacts, "id" | "creator" | "mailbox" | "records" | "lastRecordBytes">;

/** What stands in the store now. */
export interface BlobUsage extends BlobTotals {
  /** Bytes that are free on the disk. */
  freeBytes: number;
}

/** Who may still fetch a blob, as `USER/DEVICE`, without the device that uploaded it. */
export type ReadersOf = (blob: BlobFacts) => Promise<readonly string[]> | readonly string[];

/**
 * The relay's store of encrypted files: what they are stands in a SQLite database, their content in one file each. Every
 * promise settles when its effect is on disk. For one process at a time.
 *
 * ```text
 * begin ──> uploading ── all records put, finish ──> finished ── done by all readers, delete, retention ──> gone
 *             └── delete, nobody goes on with it for a time ────────────────────────────────────────────────^
 * ```
 *
 * A blob's row is written before its file is made and removed before its file is, so what a crash leaves is a
 * file without a row; `collectOrphans` removes it.
 */
export class BlobStore {
  readonly #db: DatabaseSync;
  readonly #catalog: BlobCatalog;
  readonly #writer: GroupCommit;
  readonly #disk: BlobDisk;
  readonly #clock: () => number;
  readonly #limits: BlobLimits;
  readonly #uploads: OpenFiles<BlobUpload>;
  readonly #readers: OpenFiles<BlobFile>;

  private constructor(db: DatabaseSync, options: BlobStoreOptions) {
    this.#db = db;
    this.#catalog = new BlobCatalog(db);
    this.#writer = new GroupCommit(db, { beforeCommit: () => {}, committed: () => {}, aborted: () => {} });
    this.#disk = options.disk ?? new FolderBlobDisk(options.folder);
    this.#clock = options.clock;
    this.#limits = { ...defaultBlobLimits, ...options.limits };
    this.#uploads = new OpenFiles(this.#limits.maxOpenFiles, (name) => this.#openUpload(name));
    this.#readers = new OpenFiles(this.#limits.maxOpenFiles, (name) => this.#openFile(name));
  }

  /**
   * Opens the catalogue.
   *
   * @throws {StorageError} what opening a database throws
   */
  static open(options: BlobStoreOptions): BlobStore {
    return new BlobStore(openDatabase(options.databasePath, { migrations: blobMigrations }), options);
  }

  /** Looks a blob up. */
  find(id: Uint8Array): BlobFacts | undefined {
    return this.#catalog.find(id);
  }

  /**
   * Begins an upload, or finds out how much of it is stored.
   *
   * @throws {ProtocolError} `blob-exists` where it was declared otherwise, `too-many-blobs`
   * @throws {StorageError} `blob-too-large`, `blob-quota-exceeded`, `blob-storage-full`, `blob-storage-failed`
   */
  async begin(declared: DeclaredBlob): Promise<{ stored: number; finished: boolean }> {
    const known = this.#catalog.find(declared.id);
    if (known === undefined) return await this.#add(declared);
    if (!isSame(known, declared)) throw new ProtocolError("blob-exists", "another file has this id");
    if (known.seq !== undefined) return { stored: known.records, finished: true };
    await this.#writer.run(() => this.#catalog.touch(known.id, this.#clock()));
    return { stored: await this.#use(known.id, ({ stored }) => stored), finished: false };
  }

  /**
   * Adds a record to an upload; resolves to how many are on the disk.
   *
   * @throws {ProtocolError} `blob-unknown`, `forbidden`, `blob-range`, `blob-gap`, `blob-record-damaged`
   * @throws {StorageError} `blob-storage-full`, `blob-storage-failed`
   */
  async put(from: DeviceRef, id: Uint8Array, index: number, record: Uint8Array): Promise<number> {
    const facts = this.#own(from, id);
    if (facts.seq !== undefined) return facts.records;
    return await this.#use(id, (upload) => upload.put(index, record));
  }

  /**
   * Ends an upload: whoever may read entry `seq` of its conversation may fetch it.
   *
   * @throws {ProtocolError} `blob-unknown`, `forbidden`, `blob-incomplete`
   * @throws {StorageError} `blob-storage-failed`
   */
  async finish(from: DeviceRef, id: Uint8Array, seq: number): Promise<void> {
    const { records, seq: before } = this.#own(from, id);
    if (before === undefined) {
      const stored = await this.#use(id, (upload) => upload.stored);
      if (stored < records) throw blobIncomplete();
    }
    await this.#writer.run(() => this.#catalog.finish(id, seq, this.#clock()));
    await this.#uploads.close(encodeHex(id));
  }

  /**
   * Reads a record of a finished blob, to the beginning of a buffer that has room for any.
   *
   * @throws {ProtocolError} `blob-unknown`, `blob-incomplete`, `blob-range`
   * @throws {StorageError} `blob-damaged`, `blob-storage-failed`
   */
  async read(
    facts: BlobFacts,
    index: number,
    buffer: ArrayBuffer = new ArrayBuffer(BLOB_RECORD_BYTES),
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (facts.seq === undefined) throw blobIncomplete();
    const record = new Uint8Array(buffer, 0, recordBytes(facts, index));
    try {
      const at = index * BLOB_RECORD_BYTES;
      const count = await this.#readers.use(encodeHex(facts.id), (file) => file.read(at, record));
      if (count === record.length && isBlobRecordIntact(record)) return record;
    } catch (error) {
      throw toBlobError(error);
    }
    throw blobDamaged();
  }

  /**
   * Notes that a device does not need a blob any more, and deletes it where no reader does. Changes nothing where it is
   * not there.
   */
  async done(id: Uint8Array, device: DeviceRef, readersOf: ReadersOf): Promise<void> {
    const known = await this.#writer.run(() => {
      const facts = this.#catalog.find(id);
      if (facts !== undefined) this.#catalog.addDone(id, formatDeviceRef(device));
      return facts;
    });
    if (known !== undefined) await this.#deleteIfDone(known, readersOf);
  }

  /**
   * Deletes a blob of a device's own. Changes nothing where it is not there.
   *
   * @throws {ProtocolError} `forbidden`
   */
  async delete(from: DeviceRef, id: Uint8Array): Promise<void> {
    if (this.#catalog.find(id) !== undefined) await this.#remove(this.#own(from, id).id);
  }

  /** Deletes what is past its time, and what nobody needs any more now that readers have gone. */
  async expire(readersOf: ReadersOf): Promise<void> {
    const now = this.#clock();
    const { uploadTimeoutMs, retentionMs } = this.#limits;
    for (const id of this.#catalog.over(now - uploadTimeoutMs, now - retentionMs)) {
      if (!this.#uploads.has(encodeHex(id))) await this.#remove(id);
    }
    for (const id of this.#catalog.partlyDone()) {
      const facts = this.#catalog.find(id);
      if (facts !== undefined) await this.#deleteIfDone(facts, readersOf);
    }
    // One that goes on stays open: opened anew it would not know what is still being written.
    await this.#uploads.closeIdle();
  }

  /** Removes files that no blob has; a crash leaves such. Returns how many there were. */
  async collectOrphans(): Promise<number> {
    let count = 0;
    for await (const name of this.#disk.names()) {
      if (isBlobName(name) && this.#catalog.find(Uint8Array.fromHex(name)) !== undefined) continue;
      await this.#disk.remove(name);
      count++;
    }
    return count;
  }

  /** What stands in the store now. */
  async usage(): Promise<BlobUsage> {
    return { ...this.#catalog.totals(), freeBytes: await this.#disk.freeBytes() };
  }

  /**
   * Waits for what is under way and closes everything.
   *
   * @throws {StorageError} where the catalogue cannot be written; everything is closed then, too
   */
  async close(): Promise<void> {
    // In the opposite order.
    await using closing = new AsyncDisposableStack();
    closing.defer(() => this.#db.close());
    closing.defer(() => this.#writer.close());
    closing.defer(() => this.#readers.closeAll());
    closing.defer(() => this.#uploads.closeAll());
  }

  async #add(declared: DeclaredBlob): Promise<{ stored: number; finished: boolean }> {
    const bytes = blobBytes(declared);
    const { maxBlobBytes, minFreeBytes } = this.#limits;
    if (bytes > maxBlobBytes) {
      throw new StorageError("blob-too-large", `the relay takes files of up to ${maxBlobBytes} bytes`);
    }
    if (await this.#freeBytes() < bytes + minFreeBytes) throw blobStorageFull();
    await this.#writer.run(() => {
      if (this.#catalog.find(declared.id) !== undefined) return;
      this.#assertQuota(declared.creator.user, bytes);
      this.#catalog.add(declared, this.#clock());
    });
    return { stored: 0, finished: false };
  }

  #assertQuota(user: string, bytes: number): void {
    const own = this.#catalog.ofUser(user);
    const { maxBlobsPerUser, maxBytesPerUser, maxBytes } = this.#limits;
    if (own.blobs >= maxBlobsPerUser) {
      throw new ProtocolError("too-many-blobs", "this user has too many files at the relay", {
        hint: "they go when everybody has fetched them",
      });
    }
    if (own.bytes + bytes > maxBytesPerUser) {
      throw new StorageError(
        "blob-quota-exceeded",
        "the file exceeds what this user may store at the relay",
        {
          hint: "files go when everybody has fetched them",
        },
      );
    }
    if (this.#catalog.totals().bytes + bytes > maxBytes) throw blobStorageFull();
  }

  async #deleteIfDone(facts: BlobFacts, readersOf: ReadersOf): Promise<void> {
    if (facts.seq === undefined) return;
    const readers = await readersOf(facts);
    const done = this.#catalog.doneBy(facts.id);
    if (readers.every((reader) => done.has(reader))) await this.#remove(facts.id);
  }

  /** The row goes first: a file that is left is an orphan, a row that is left would promise what is not there. */
  async #remove(id: Uint8Array): Promise<void> {
    const name = encodeHex(id);
    await this.#writer.run(() => this.#catalog.delete(id));
    await Promise.all([this.#uploads.close(name), this.#readers.close(name)]);
    await this.#disk.remove(name).catch((error) => {
      throw toBlobError(error);
    });
  }

  #own(from: DeviceRef, id: Uint8Array): BlobFacts {
    const facts = this.#catalog.find(id);
    if (facts === undefined) throw blobUnknown();
    if (facts.creator.user === from.user && facts.creator.device === from.device) return facts;
    throw new ProtocolError("forbidden", "another device has uploaded this file");
  }

  async #use<R>(id: Uint8Array, work: (upload: BlobUpload) => Promise<R> | R): Promise<R> {
    try {
      return await this.#uploads.use(encodeHex(id), work);
    } catch (error) {
      throw toBlobError(error);
    }
  }

  async #openUpload(name: string): Promise<BlobUpload> {
    const facts = this.#catalog.find(Uint8Array.fromHex(name));
    if (facts === undefined) throw blobUnknown();
    return await BlobUpload.open({
      disk: this.#disk,
      name,
      facts,
      minFreeBytes: this.#limits.minFreeBytes,
      onStored: (stored) => this.#writer.run(() => this.#catalog.setStored(facts.id, stored)),
    });
  }

  async #openFile(name: string): Promise<BlobFile> {
    const file = await this.#disk.open(name);
    if (file === undefined) throw blobDamaged();
    return file;
  }

  #freeBytes(): Promise<number> {
    return this.#disk.freeBytes().catch((error) => {
      throw toBlobError(error);
    });
  }
}

function isSame(known: BlobFacts, { creator, mailbox, records, lastRecordBytes }: DeclaredBlob): boolean {
  return known.creator.user === creator.user && known.creator.device === creator.device &&
    known.mailbox === mailbox && known.records === records && known.lastRecordBytes === lastRecordBytes;
}

function isBlobName(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

function blobIncomplete(): ProtocolError {
  return new ProtocolError("blob-incomplete", "the file has not arrived at the relay as a whole yet", {
    hint: "try again when its sender has finished",
  });
}
