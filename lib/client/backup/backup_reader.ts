import { Reader } from "../../bytes/mod.ts";
import { chacha20Poly1305, ChunkStream } from "../../crypto/mod.ts";
import { AuthenticationError, StorageError, UsageError } from "../../errors/mod.ts";
import { fillFrom } from "../files/fill_from.ts";
import type { PassphraseSource } from "../storage_key.ts";
import { BACKUP_HEADER_BYTES, decodeBackupHeader, openBackupHeader } from "./backup_header.ts";
import { type BackupRecord, decodeBackupRecord, malformedBackup, MAX_RECORD_BYTES } from "./backup_record.ts";
import { BACKUP_CHUNK_BYTES } from "./backup_writer.ts";

const SEALED_BYTES = BACKUP_CHUNK_BYTES + chacha20Poly1305.Nt;

/** Reads a backup, in constant memory, any number of times. */
export class BackupReader implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #contentKey: Uint8Array;
  readonly #passphrase: Uint8Array;

  private constructor(file: Deno.FsFile, contentKey: Uint8Array, passphrase: Uint8Array) {
    this.#file = file;
    this.#contentKey = contentKey;
    this.#passphrase = passphrase;
  }

  /** What has opened it. */
  get passphrase(): Uint8Array {
    return this.#passphrase;
  }

  /**
   * Opens a backup; asks for the passphrase once the file is found to begin like one.
   *
   * @throws {UsageError} `file-not-found`, `file-not-regular`
   * @throws {StorageError} `file-unreadable`
   * @throws {DecodeError} `backup-malformed`, `backup-newer`
   * @throws {AuthenticationError} `passphrase-wrong`
   */
  static async open(path: string, source: PassphraseSource): Promise<BackupReader> {
    const file = openFile(path);
    try {
      const buffer = new Uint8Array(BACKUP_HEADER_BYTES);
      const header = buffer.subarray(0, readInto(file, buffer));
      decodeBackupHeader(header);
      const passphrase = await source();
      return new BackupReader(file, await openBackupHeader(header, passphrase), passphrase);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * The records, from the first to the last.
   *
   * @throws {AuthenticationError} `backup-damaged` where anything was changed or is missing
   * @throws {DecodeError} `backup-malformed`, `backup-newer`
   * @throws {StorageError} `file-unreadable`
   */
  *records(): Iterable<BackupRecord> {
    const content = new ChunkedContent(this.#chunks());
    for (let length; (length = content.take(4)) !== undefined;) {
      const bytes = new Reader(length).u32("length");
      const record = bytes > MAX_RECORD_BYTES ? undefined : content.take(bytes);
      if (record === undefined) throw malformedBackup();
      yield decodeBackupRecord(record);
    }
  }

  *#chunks(): Iterator<Uint8Array> {
    const stream = new ChunkStream(chacha20Poly1305, this.#contentKey, BACKUP_CHUNK_BYTES);
    const sealed = new Uint8Array(SEALED_BYTES);
    const size = this.#file.statSync().size;
    let offset = this.#file.seekSync(BACKUP_HEADER_BYTES, Deno.SeekMode.Start);
    for (let index = 0, last = false; !last; index++) {
      const bytes = readInto(this.#file, sealed);
      offset += bytes;
      last = bytes < SEALED_BYTES || offset >= size;
      yield openChunk(stream, { index, last }, sealed.subarray(0, bytes));
    }
  }

  /** Closes the file and forgets the key. */
  [Symbol.dispose](): void {
    this.#file.close();
    this.#contentKey.fill(0);
  }
}

/** Chunks as one run of bytes. */
class ChunkedContent {
  readonly #chunks: Iterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  constructor(chunks: Iterator<Uint8Array>) {
    this.#chunks = chunks;
  }

  /** The next bytes; undefined at the end. */
  take(length: number): Uint8Array | undefined {
    if (this.#chunk.length < length) return this.#gather(length);
    const taken = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(length);
    return taken;
  }

  #gather(length: number): Uint8Array | undefined {
    const taken = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      if (this.#chunk.length === 0) {
        const { done, value } = this.#chunks.next();
        if (done && filled === 0) return undefined;
        if (done) throw malformedBackup();
        this.#chunk = value;
      }
      const part = this.#chunk.subarray(0, length - filled);
      taken.set(part, filled);
      filled += part.length;
      this.#chunk = this.#chunk.subarray(part.length);
    }
    return taken;
  }
}

function openChunk(
  stream: ChunkStream,
  place: { index: number; last: boolean },
  sealed: Uint8Array,
): Uint8Array {
  try {
    return stream.open(place, sealed);
  } catch (cause) {
    if (!(cause instanceof AuthenticationError)) throw cause;
    throw new AuthenticationError("backup-damaged", "the backup was changed, or a part of it is missing", {
      hint: "nothing was restored; use another copy of it",
      cause,
    });
  }
}

/** What stands there may be a pipe, which would be waited for. */
function openFile(path: string): Deno.FsFile {
  try {
    if (!Deno.statSync(path).isFile) throw new UsageError("file-not-regular", "a backup is a regular file");
    return Deno.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      throw new UsageError("file-not-found", `there is no file ${path}`);
    }
    throw unreadable(error);
  }
}

function readInto(file: Deno.FsFile, buffer: Uint8Array): number {
  try {
    return fillFrom(file, buffer);
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause: unknown): StorageError {
  return new StorageError("file-unreadable", "the backup cannot be read", { cause });
}
