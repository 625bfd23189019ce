import { createHash, type Hash } from "node:crypto";
import type { SecretBytes } from "../../crypto/mod.ts";
import { StorageError, UsageError } from "../../errors/mod.ts";
import { BLOB_RECORD_BYTES } from "../../wire/mod.ts";
import { FileSealer } from "./file_cipher.ts";
import { FILE_CHUNK_BYTES, layOutFile, MAX_FILE_BYTES } from "./file_layout.ts";
import { fillFrom } from "./fill_from.ts";
import { RecordBuffers } from "./record_buffers.ts";
import type { RecordSource } from "./record_source.ts";
import { writeAll } from "./write_all.ts";

/** What is known of a stream when it has ended. */
export interface SpooledFacts {
  /** Its length in bytes. */
  size: number;
  /** Its SHA-256. */
  hash: Uint8Array<ArrayBuffer>;
}

/** How to keep a stream. */
export interface SpoolOptions {
  /** Where. */
  path: string;
  /** The file's key. */
  key: SecretBytes;
  /** The salt of the one run that there is. */
  salt: Uint8Array;
  /** Breaks off. */
  signal: AbortSignal;
  /** Hears how much was read. */
  onBytes(bytes: number): void;
}

/**
 * Keeps what a stream gives in a file of records, just as the relay will get them: a stream cannot be read
 * again, and its size, on which its padding depends, is known at its end only. Nothing of it is on the disk in the
 * clear. The file is on the disk when this resolves.
 *
 * @throws {UsageError} `file-too-large`
 * @throws {StorageError} `spool-unwritable`
 */
export async function spoolStream(
  stream: AsyncIterable<Uint8Array>,
  options: SpoolOptions,
): Promise<SpooledFacts> {
  const open = { create: true, truncate: true, write: true, mode: 0o600 };
  const file = await Deno.open(options.path, open).catch((cause) => {
    throw spoolFailed(cause);
  });
  try {
    const spool = new Spool(file, new FileSealer(options.key, options.salt));
    for await (const bytes of stream) {
      options.signal.throwIfAborted();
      spool.add(bytes);
      options.onBytes(spool.size);
    }
    return spool.end();
  } finally {
    file.close();
  }
}

class Spool {
  size = 0;
  readonly #file: Deno.FsFile;
  readonly #sealer: FileSealer;
  readonly #hash: Hash = createHash("sha256");
  /** Not written before it is known whether another one follows. */
  #chunk = new Uint8Array(FILE_CHUNK_BYTES);
  #chunkBytes = 0;
  readonly #record = new Uint8Array(BLOB_RECORD_BYTES);
  #index = 0;

  constructor(file: Deno.FsFile, sealer: FileSealer) {
    this.#file = file;
    this.#sealer = sealer;
  }

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.size += bytes.length;
    if (this.size > MAX_FILE_BYTES) {
      throw new UsageError("file-too-large", "the stream is longer than 16 TiB");
    }
    for (let rest = bytes; rest.length > 0;) {
      if (this.#chunkBytes === FILE_CHUNK_BYTES) this.#write(FILE_CHUNK_BYTES, false);
      const part = rest.subarray(0, FILE_CHUNK_BYTES - this.#chunkBytes);
      this.#chunk.set(part, this.#chunkBytes);
      this.#chunkBytes += part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** Adds the padding. */
  end(): SpooledFacts {
    const { chunks, lastChunkBytes } = layOutFile(this.size);
    while (this.#index < chunks - 1) this.#write(FILE_CHUNK_BYTES, false);
    this.#write(lastChunkBytes, true);
    this.#guard(() => this.#file.syncSync());
    return { size: this.size, hash: new Uint8Array(this.#hash.digest()) };
  }

  #write(bytes: number, last: boolean): void {
    const record = this.#sealer.seal(
      { index: this.#index, last },
      this.#chunk.subarray(0, bytes),
      this.#record,
    );
    this.#guard(() => writeAll(this.#file, record));
    this.#chunk.fill(0);
    this.#chunkBytes = 0;
    this.#index++;
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (cause) {
      throw spoolFailed(cause);
    }
  }
}

/** The records that a stream was kept in. */
export class SpoolSource implements RecordSource {
  readonly #file: Deno.FsFile;
  readonly #facts: SpooledFacts;
  readonly #records = new RecordBuffers();
  #index = 0;

  private constructor(file: Deno.FsFile, facts: SpooledFacts) {
    this.#file = file;
    this.#facts = facts;
  }

  /**
   * Opens a spool.
   *
   * @throws {StorageError} `spool-damaged`
   */
  static open(path: string, facts: SpooledFacts): SpoolSource {
    try {
      return new SpoolSource(Deno.openSync(path), facts);
    } catch (cause) {
      throw spoolDamaged(cause);
    }
  }

  seek(index: number): void {
    this.#file.seekSync(index * BLOB_RECORD_BYTES, Deno.SeekMode.Start);
    this.#index = index;
  }

  next(): Uint8Array<ArrayBuffer> {
    const { chunks, lastRecordBytes } = layOutFile(this.#facts.size);
    const bytes = this.#index === chunks - 1 ? lastRecordBytes : BLOB_RECORD_BYTES;
    const record = this.#records.take().subarray(0, bytes);
    if (fillFrom(this.#file, record) < record.length) throw spoolDamaged();
    this.#index++;
    return record;
  }

  giveBack(record: Uint8Array<ArrayBuffer>): void {
    this.#records.giveBack(record);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#facts.hash;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function spoolFailed(cause: unknown): StorageError {
  return new StorageError("spool-unwritable", "cannot keep what is to be sent in the identity's folder", {
    hint: "look at the free space",
    cause,
  });
}

function spoolDamaged(cause?: unknown): StorageError {
  return new StorageError("spool-damaged", "what was to be sent is not in the identity's folder any more", {
    hint: "send it anew",
    cause,
  });
}
