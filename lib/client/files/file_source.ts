import { createHash, type Hash } from "node:crypto";
import type { RandomSource, SecretBytes } from "../../crypto/mod.ts";
import { StorageError, UsageError } from "../../errors/mod.ts";
import { FileSealer } from "./file_cipher.ts";
import {
  FILE_CHUNK_BYTES,
  FILE_SALT_BYTES,
  type FileLayout,
  layOutFile,
  MAX_FILE_BYTES,
} from "./file_layout.ts";
import { fillFrom } from "./fill_from.ts";
import { nextTurn } from "./next_turn.ts";
import { RecordBuffers } from "./record_buffers.ts";
import type { RecordSource } from "./record_source.ts";

/** What a file was when its upload began. */
export interface FileFacts {
  /** Its size in bytes. */
  size: number;
  /** Changes whenever the content does, as far as the system tells. */
  fingerprint: string;
}

/**
 * Looks at a file that is to be uploaded.
 *
 * @throws {UsageError} `file-not-found`, `file-not-regular`, `file-too-large`
 * @throws {StorageError} `file-unreadable`
 */
export async function inspectFile(path: string): Promise<FileFacts> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new UsageError("file-not-found", "there is no such file");
    }
    throw unreadable(cause);
  }
  if (!info.isFile) throw new UsageError("file-not-regular", "only a regular file can be sent by its path");
  if (info.size > MAX_FILE_BYTES) throw new UsageError("file-too-large", "the file is larger than 16 TiB");
  return factsOf(info);
}

/** A file's records, sealed as they are asked for. The file is read once, from its beginning to its end. */
export class FileSource implements RecordSource {
  readonly #file: Deno.FsFile;
  readonly #facts: FileFacts;
  readonly #layout: FileLayout;
  readonly #sealer: FileSealer;
  readonly #hash: Hash = createHash("sha256");
  readonly #buffer = new Uint8Array(FILE_CHUNK_BYTES);
  readonly #records = new RecordBuffers();
  #index = 0;

  private constructor(file: Deno.FsFile, facts: FileFacts, sealer: FileSealer) {
    this.#file = file;
    this.#facts = facts;
    this.#layout = layOutFile(facts.size);
    this.#sealer = sealer;
  }

  /**
   * Opens a file that is as it was when its upload began.
   *
   * @throws {UsageError} `file-changed`
   * @throws {StorageError} `file-unreadable`
   */
  static async open(
    path: string,
    facts: FileFacts,
    { key, random }: { key: SecretBytes; random: RandomSource },
  ): Promise<FileSource> {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) throw fileChanged();
      throw unreadable(cause);
    }
    const source = new FileSource(file, facts, new FileSealer(key, random(FILE_SALT_BYTES)));
    try {
      source.#assertUnchanged();
      return source;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async seek(index: number, onChecked: (doneBytes: number) => void, signal: AbortSignal): Promise<void> {
    while (this.#index < index) {
      signal.throwIfAborted();
      this.#read();
      onChecked(Math.min(this.#facts.size, this.#index * FILE_CHUNK_BYTES));
      await nextTurn();
    }
  }

  next(): Uint8Array<ArrayBuffer> {
    const place = { index: this.#index, last: this.#index === this.#layout.chunks - 1 };
    return this.#sealer.seal(place, this.#read(), this.#records.take());
  }

  giveBack(record: Uint8Array<ArrayBuffer>): void {
    this.#records.giveBack(record);
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.#assertUnchanged();
    return new Uint8Array(this.#hash.digest());
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** The next chunk, padded with zeros behind the end of the content; good until the one after it is read. */
  #read(): Uint8Array {
    const { chunks, lastChunkBytes } = this.#layout;
    const start = this.#index * FILE_CHUNK_BYTES;
    const chunk = this.#buffer.subarray(0, this.#index === chunks - 1 ? lastChunkBytes : FILE_CHUNK_BYTES);
    const contentBytes = Math.max(0, Math.min(chunk.length, this.#facts.size - start));
    const content = chunk.subarray(0, contentBytes);
    if (this.#fill(content) < contentBytes) throw fileChanged();
    chunk.fill(0, contentBytes);
    this.#hash.update(content);
    this.#index++;
    return chunk;
  }

  #fill(content: Uint8Array): number {
    try {
      return fillFrom(this.#file, content);
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  #assertUnchanged(): void {
    if (factsOf(this.#file.statSync()).fingerprint !== this.#facts.fingerprint) throw fileChanged();
  }
}

function factsOf({ size, mtime, ino }: Deno.FileInfo): FileFacts {
  return { size, fingerprint: `${size} ${mtime?.getTime()} ${ino}` };
}

function fileChanged(): UsageError {
  return new UsageError("file-changed", "the file has changed since its upload began", {
    hint: "send it anew",
  });
}

function unreadable(cause: unknown): StorageError {
  return new StorageError("file-unreadable", "cannot read the file", { cause });
}
