import { ProtocolError } from "../errors/mod.ts";
import { BLOB_RECORD_BYTES, isBlobRecordIntact } from "../wire/mod.ts";
import type { BlobFacts } from "./blob_catalog.ts";
import type { BlobDisk, BlobFile } from "./blob_disk.ts";
import { blobStorageFull, toBlobError } from "./blob_error.ts";

/** What an upload needs besides its file. */
export interface BlobUploadOptions {
  /** Where the file is. */
  disk: BlobDisk;
  /** The file's name. */
  name: string;
  /** The blob. */
  facts: BlobFacts;
  /** Bytes that must stay free on the disk. */
  minFreeBytes: number;
  /** Takes note of how many records are stored. */
  onStored: (stored: number) => Promise<void>;
}

/**
 * So many records are worth a flush, 2 MiB: each makes the file system write its journal, and holds up writes meanwhile.
 * With flushes of a record each an upload takes a sixth longer.
 */
const RECORDS_PER_FLUSH = 8;
/** Fewer are flushed when no more have come for so long. */
const FLUSH_AFTER_MS = 5;
/** So many bytes may be written between two looks at what is free. */
const BYTES_PER_LOOK = 64 * 1024 * 1024;
/** After so many records that is noted, so that an opening after a crash reads no more than these again. */
const RECORDS_PER_NOTE = 1_024;

interface Waiter {
  index: number;
  resolve: (stored: number) => void;
  reject: (error: unknown) => void;
}

/**
 * A blob that is being uploaded. Records are written in order, so that what is stored is always a beginning; those
 * that come while the disk is at work share its next flush, and the system has them to write as soon as it is free.
 */
export class BlobUpload {
  /** The blob. */
  readonly facts: BlobFacts;
  readonly #options: BlobUploadOptions;
  #file: BlobFile | undefined;
  /** Records that are on the disk. */
  #stored: number;
  /** Records that the system has been given, on the disk or not. */
  #written: number;
  /** Records that the catalogue knows to be on the disk. */
  #noted: number;
  /** What may be written before the next look at what is free. */
  #assuredBytes = 0;
  #queue: Uint8Array[] = [];
  #waiters: Waiter[] = [];
  /** At most one of each is under way; a failure of either ends both, and is then dealt with. */
  #writing: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #failing: Promise<void> | undefined;
  #failure: { reason: unknown } | undefined;
  /** Ends the wait for more before a flush. */
  #onWritten = () => {};

  private constructor(options: BlobUploadOptions, stored: number) {
    this.facts = options.facts;
    this.#options = options;
    this.#stored = stored;
    this.#written = stored;
    this.#noted = options.facts.stored;
  }

  /**
   * Finds out how much is stored: at least what the catalogue says, and then every record that is intact. What comes
   * after that is no more than a crash has left.
   */
  static async open(options: BlobUploadOptions): Promise<BlobUpload> {
    const { disk, name, facts } = options;
    const file = await disk.open(name);
    if (file === undefined) return new BlobUpload(options, 0);
    const stored = await countStored(file, facts).finally(() => file.close());
    // A relay that was killed has flushed none of these: the system may have them in memory only.
    if (stored > facts.stored) await flushFile(disk, name);
    return new BlobUpload(options, stored);
  }

  /** How many records are on the disk. */
  get stored(): number {
    return this.#stored;
  }

  /**
   * Adds a record; resolves to how many are on the disk once this one is.
   *
   * @throws {ProtocolError} `blob-range`, `blob-gap`, `blob-record-damaged`
   * @throws {StorageError} `blob-storage-full`, `blob-storage-failed`; what waited for the same flush is not stored
   */
  async put(index: number, record: Uint8Array): Promise<number> {
    if (index < this.#stored) return this.#stored;
    const next = this.#written + this.#queue.length;
    if (index > next) throw new ProtocolError("blob-gap", `record ${index} came where ${next} was to come`);
    if (record.length !== recordBytes(this.facts, index)) throw outOfRange();
    if (!isBlobRecordIntact(record)) {
      throw new ProtocolError("blob-record-damaged", "a part of the file was damaged on its way");
    }
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiters.push({ index, resolve, reject });
    if (index === next) this.#queue.push(record);
    this.#start();
    return await promise;
  }

  /**
   * Waits for the disk and closes the file.
   *
   * @throws {StorageError} where the catalogue cannot be written
   */
  async close(): Promise<void> {
    for (let work = this.#work; work !== undefined; work = this.#work) await work;
    try {
      if (this.#stored !== this.#noted) await this.#note();
    } finally {
      const file = this.#file;
      this.#file = undefined;
      await file?.close();
    }
  }

  get #work(): Promise<void> | undefined {
    return this.#writing ?? this.#flushing ?? this.#failing;
  }

  #start(): void {
    if (this.#failure === undefined && this.#queue.length > 0) this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#queue.length > 0 && this.#failure === undefined) {
        await this.#write();
        this.#onWritten();
        // What was written while a flush failed is lost with it.
        if (this.#failure === undefined) this.#flushing ??= this.#flushAll();
      }
    } catch (reason) {
      this.#failure ??= { reason };
    }
    this.#writing = undefined;
    this.#settleFailure();
  }

  async #flushAll(): Promise<void> {
    try {
      while (this.#stored < this.#written && this.#failure === undefined) {
        while (!this.#isFlushDue() && await this.#isMoreWritten());
        await this.#flush(this.#written);
      }
    } catch (reason) {
      this.#failure ??= { reason };
    }
    this.#flushing = undefined;
    this.#settleFailure();
  }

  #isFlushDue(): boolean {
    return this.#written - this.#stored >= RECORDS_PER_FLUSH || this.#written === this.facts.records;
  }

  /** Waits for what may be written yet. */
  #isMoreWritten(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), FLUSH_AFTER_MS);
      this.#onWritten = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  /** Once nothing is under way any more. What has come meanwhile begins anew. */
  #settleFailure(): void {
    if (this.#failure === undefined || this.#writing !== undefined || this.#flushing !== undefined) return;
    this.#failing = this.#fail(toBlobError(this.#failure.reason)).then(() => {
      this.#failing = undefined;
      this.#failure = undefined;
      this.#start();
    });
  }

  /** Writes what waits. */
  async #write(): Promise<void> {
    const { disk, name } = this.#options;
    const batch = [...this.#queue];
    const bytes = batch.reduce((sum, { length }) => sum + length, 0);
    if (this.#assuredBytes < bytes) await this.#assureRoom(bytes);
    this.#assuredBytes -= bytes;
    this.#file ??= await disk.create(name);
    await this.#file.write(this.#written * BLOB_RECORD_BYTES, batch);
    this.#queue.splice(0, batch.length);
    this.#written += batch.length;
  }

  /** Stores what was written. */
  async #flush(written: number): Promise<void> {
    await this.#file!.sync();
    this.#stored = written;
    this.#settle();
    if (this.#stored - this.#noted >= RECORDS_PER_NOTE) await this.#note();
  }

  async #assureRoom(bytes: number): Promise<void> {
    const { disk, minFreeBytes } = this.#options;
    const free = await disk.freeBytes() - minFreeBytes;
    if (free < bytes) throw blobStorageFull();
    this.#assuredBytes = Math.max(bytes, Math.min(free, BYTES_PER_LOOK));
  }

  async #note(): Promise<void> {
    const stored = this.#stored;
    await this.#options.onStored(stored);
    this.#noted = stored;
  }

  #settle(): void {
    const waiting = this.#waiters;
    this.#waiters = waiting.filter(({ index }) => index >= this.#stored);
    for (const { index, resolve } of waiting) if (index < this.#stored) resolve(this.#stored);
  }

  /** Gives the room back that half a batch has taken, and begins anew with the next record. */
  async #fail(reason: unknown): Promise<void> {
    const waiting = this.#waiters;
    this.#queue = [];
    this.#written = this.#stored;
    this.#waiters = [];
    this.#assuredBytes = 0;
    const file = this.#file;
    this.#file = undefined;
    try {
      await file?.truncate(this.#stored * BLOB_RECORD_BYTES).finally(() => file.close());
    } catch {
      // The next attempt writes over it. The first error is the one to report.
    }
    for (const { reject } of waiting) reject(reason);
  }
}

/** How long a record must be. */
export function recordBytes({ records, lastRecordBytes }: BlobFacts, index: number): number {
  if (index >= records) throw outOfRange();
  return index === records - 1 ? lastRecordBytes : BLOB_RECORD_BYTES;
}

async function countStored(file: BlobFile, facts: BlobFacts): Promise<number> {
  const size = await file.size();
  const buffer = new Uint8Array(BLOB_RECORD_BYTES);
  const known = Math.min(facts.stored, Math.floor(size / BLOB_RECORD_BYTES));
  for (let index = known; index < facts.records; index++) {
    const at = index * BLOB_RECORD_BYTES;
    const record = buffer.subarray(0, recordBytes(facts, index));
    if (at + record.length > size || await file.read(at, record) < record.length) return index;
    if (!isBlobRecordIntact(record)) return index;
  }
  return facts.records;
}

async function flushFile(disk: BlobDisk, name: string): Promise<void> {
  const file = await disk.create(name);
  await file.sync().finally(() => file.close());
}

function outOfRange(): ProtocolError {
  return new ProtocolError("blob-range", "the file has no such part");
}
