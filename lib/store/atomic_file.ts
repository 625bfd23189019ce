import { dirname } from "node:path";
import { StorageError, UsageError } from "../errors/mod.ts";

/** How to write a file. */
export interface WriteFileOptions {
  /** Permissions of the new file, less the process's umask. Default 0644. */
  mode?: number;
  /** Whether an existing file is replaced. Default false. */
  force?: boolean;
}

/**
 * A file that is written piece by piece under a hidden name. After a crash at any instant it is there as a whole
 * or not at all. Of two processes that write the same file without `force` one fails. When it is disposed of before
 * it is finished nothing stays.
 */
export class AtomicFile implements Disposable {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  readonly #force: boolean;
  #isOpen = true;

  private constructor(path: string, temporary: string, file: Deno.FsFile, force: boolean) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
    this.#force = force;
  }

  /**
   * Begins a file.
   *
   * @throws {StorageError} `file-unwritable`
   */
  static create(path: string, { mode = 0o644, force = false }: WriteFileOptions): AtomicFile {
    const temporary = `${path}.${crypto.randomUUID()}.tmp`;
    try {
      const file = Deno.openSync(temporary, { createNew: true, write: true, mode });
      return new AtomicFile(path, temporary, file, force);
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  /**
   * Writes at the end.
   *
   * @throws {StorageError} `file-unwritable`
   */
  write(bytes: Uint8Array): void {
    try {
      for (let written = 0; written < bytes.length;) written += this.#file.writeSync(bytes.subarray(written));
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  /**
   * Brings everything to the disk and gives the file its name.
   *
   * @throws {UsageError} `file-exists` where the file is there and `force` was not set
   * @throws {StorageError} `file-unwritable`
   */
  finish(): void {
    try {
      this.#file.syncSync();
      this.#close();
      // A link, unlike a rename, does not replace what is there.
      if (this.#force) Deno.renameSync(this.#temporary, this.#path);
      else Deno.linkSync(this.#temporary, this.#path);
      if (!this.#force) Deno.removeSync(this.#temporary);
      syncFolder(dirname(this.#path));
    } catch (cause) {
      if (cause instanceof Deno.errors.AlreadyExists) throw fileExists(this.#path, cause);
      throw unwritable(this.#path, cause);
    }
  }

  /** Removes what was not finished. */
  [Symbol.dispose](): void {
    this.#close();
    try {
      Deno.removeSync(this.#temporary);
    } catch (error) {
      // It has its name.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #close(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }
}

function unwritable(path: string, cause: unknown): StorageError {
  return new StorageError("file-unwritable", `cannot write ${path}`, {
    hint: "look at the folder, its owner and mode, and the free space",
    cause,
  });
}

/**
 * Brings the names in a folder to the disk: a new one is there only when the folder is. Windows cannot open folders
 * and does it by itself.
 */
export function syncFolder(path: string): void {
  if (Deno.build.os === "windows") return;
  using folder = Deno.openSync(path, { read: true });
  folder.syncSync();
}

/** What is said where a file is there already. */
export function fileExists(path: string, cause?: unknown): UsageError {
  return new UsageError("file-exists", `${path} exists already`, {
    hint: "choose another name, or use --force to replace it",
    cause,
  });
}
