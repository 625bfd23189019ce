import { equalBytes } from "../../bytes/mod.ts";
import { AuthenticationError, StorageError } from "../../errors/mod.ts";
import { recycleRecord } from "../../transport/mod.ts";
import { type ContentHash, hashContent } from "./content_hash.ts";
import { FileOpener } from "./file_cipher.ts";
import type { FileDescriptor } from "./file_descriptor.ts";
import { FILE_CHUNK_BYTES, type FileLayout, layOutFile } from "./file_layout.ts";
import { fillFrom } from "./fill_from.ts";
import { nextTurn } from "./next_turn.ts";
import { type Attempt, TRANSFER_TIMEOUT_MS } from "./transfer_link.ts";
import type { TransferProgress } from "./transfer_types.ts";
import { writeAll } from "./write_all.ts";

/** Records that are asked for ahead of the one that is written next: 4 MiB. */
const WINDOW = 16;
/** So much is written before the disk is made to begin: at the end it then has little left to do. */
const SYNC_BYTES = 32 * 1024 * 1024;

/** Where a file is received. */
export interface ReceiveTarget {
  /** Open, to be read and written. */
  target: Deno.FsFile;
  /** Where it is, if that is known. */
  path?: string;
}

/** Takes a file in, over as many attempts as it takes. Keeps what is verified: chunk by chunk, in order. */
export class FileReceiver implements Disposable {
  readonly #file: FileDescriptor;
  readonly #target: Deno.FsFile;
  readonly #onProgress: (progress: TransferProgress) => void;
  readonly #layout: FileLayout;
  readonly #opener: FileOpener;
  readonly #path: string | undefined;
  #hash: ContentHash;
  /** Chunks that are in the target. */
  #received = 0;
  #resumed = false;
  #syncing: Promise<void> = Promise.resolve();
  #unsyncedBytes = 0;

  /** Prepares to receive into an open file. */
  constructor(
    file: FileDescriptor,
    { target, path }: ReceiveTarget,
    onProgress: (progress: TransferProgress) => void,
  ) {
    this.#file = file;
    this.#target = target;
    this.#path = path;
    this.#hash = hashContent(file.size, path);
    this.#onProgress = onProgress;
    this.#layout = layOutFile(file.size);
    this.#opener = new FileOpener(file.key);
  }

  /** Takes what an earlier attempt has written as the beginning, without what may be half a chunk. */
  async resume(signal: AbortSignal): Promise<void> {
    const { size } = await this.#target.stat();
    const chunks = Math.min(
      Math.floor(size / FILE_CHUNK_BYTES),
      Math.floor(this.#file.size / FILE_CHUNK_BYTES),
    );
    if (this.#hash.skip(chunks * FILE_CHUNK_BYTES)) this.#received = chunks;
    await this.#target.seek(0, Deno.SeekMode.Start);
    const chunk = new Uint8Array(FILE_CHUNK_BYTES);
    while (this.#received < chunks) {
      signal.throwIfAborted();
      if (fillFrom(this.#target, chunk) < chunk.length) throw targetFailed();
      this.#hash.update(chunk);
      this.#received++;
      this.#tell("checking");
      await nextTurn();
    }
    this.#resumed = chunks > 0;
    await this.#cutTo(chunks * FILE_CHUNK_BYTES);
  }

  /**
   * Fetches what is missing.
   *
   * @throws {AuthenticationError} `file-refused` where what comes is not what was sent
   * @throws {StorageError} `file-unwritable`, `file-unreadable`
   */
  async receive(attempt: Attempt): Promise<void> {
    const ahead: Promise<Uint8Array<ArrayBuffer>>[] = [];
    let next = this.#received;
    while (this.#received < this.#layout.chunks) {
      attempt.signal.throwIfAborted();
      for (; next < this.#layout.chunks && ahead.length < WINDOW; next++) {
        const chunk = this.#fetch(attempt, next);
        // Where another one fails first nobody waits for this one.
        chunk.catch(() => {});
        ahead.push(chunk);
      }
      this.#take(await ahead.shift()!);
      if (this.#unsyncedBytes >= SYNC_BYTES) await this.#sync();
      attempt.progressed();
    }
    await this.#finish(attempt);
  }

  [Symbol.dispose](): void {
    this.#hash[Symbol.dispose]();
  }

  async #fetch({ connection, signal }: Attempt, index: number): Promise<Uint8Array<ArrayBuffer>> {
    const options = { signal, timeoutMs: TRANSFER_TIMEOUT_MS };
    const { record } = await connection.request("blob-get", { blob: this.#file.blob, index }, options);
    try {
      return this.#opener.open({ index, last: index === this.#layout.chunks - 1 }, record);
    } catch (error) {
      if (error instanceof AuthenticationError) throw refused();
      throw error;
    } finally {
      recycleRecord(record);
    }
  }

  /** Where a write fails half-way, the next attempt writes there again. */
  #take(chunk: Uint8Array): void {
    const at = this.#received * FILE_CHUNK_BYTES;
    const content = chunk.subarray(0, Math.max(0, this.#file.size - at));
    try {
      this.#target.seekSync(at, Deno.SeekMode.Start);
      writeAll(this.#target, content);
    } catch (cause) {
      throw targetFailed(cause);
    }
    this.#hash.update(content);
    this.#unsyncedBytes += content.length;
    this.#received++;
    this.#tell("receiving");
  }

  /** Waits for the flush before, so that no more than two portions ever wait for the disk. */
  async #sync(): Promise<void> {
    await this.#flushed();
    this.#unsyncedBytes = 0;
    this.#syncing = this.#target.syncData();
    this.#syncing.catch(() => {});
  }

  async #finish(attempt: Attempt): Promise<void> {
    if (!equalBytes(await this.#digest(attempt), this.#file.hash)) return await this.#startOver(attempt);
    await this.#sync();
    await this.#flushed();
  }

  /** Of what an earlier attempt has written much may be left to hash. */
  #digest({ signal, progressed }: Attempt): Promise<Uint8Array> {
    const onHashed = (doneBytes: number) => {
      progressed();
      this.#onProgress({ phase: "checking", doneBytes, totalBytes: this.#file.size });
    };
    return this.#hash.digest({ signal, onHashed });
  }

  async #flushed(): Promise<void> {
    try {
      await this.#syncing;
    } catch (cause) {
      throw targetFailed(cause);
    }
  }

  /** What an earlier attempt had written may have been damaged since; what came now was verified chunk by chunk. */
  async #startOver(attempt: Attempt): Promise<void> {
    if (!this.#resumed) throw refused();
    this.#resumed = false;
    this.#received = 0;
    this.#hash[Symbol.dispose]();
    this.#hash = hashContent(this.#file.size, this.#path);
    await this.#cutTo(0);
    await this.receive(attempt);
  }

  async #cutTo(bytes: number): Promise<void> {
    try {
      await this.#target.truncate(bytes);
    } catch (cause) {
      throw targetFailed(cause);
    }
  }

  #tell(phase: "checking" | "receiving"): void {
    const doneBytes = Math.min(this.#received * FILE_CHUNK_BYTES, this.#file.size);
    this.#onProgress({ phase, doneBytes, totalBytes: this.#file.size });
  }
}

/** One answer for all that may be wrong with what the relay serves. */
function refused(): AuthenticationError {
  return new AuthenticationError("file-refused", "what the relay serves is not the file that was sent", {
    hint: "have it sent again",
  });
}

function targetFailed(cause?: unknown): StorageError {
  return new StorageError("file-unwritable", "cannot write the received file", {
    hint: "look at the free space",
    cause,
  });
}
