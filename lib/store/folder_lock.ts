import { StorageError } from "../errors/mod.ts";

const decoder = new TextDecoder();

/**
 * An exclusive lock on a folder between processes, for a short while each time. The system hands it over
 * in turn and takes it from a process that dies. The file says who holds it.
 */
export class FolderLock {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #holder: Uint8Array;
  readonly #timeoutMs: number;

  private constructor(file: Deno.FsFile, path: string, holder: string, timeoutMs: number) {
    this.#file = file;
    this.#path = path;
    this.#holder = new TextEncoder().encode(holder);
    this.#timeoutMs = timeoutMs;
  }

  /** Opens the lock file, made where there is none. `holder` is what others read while it is held. */
  static open(path: string, holder: string, timeoutMs: number): FolderLock {
    const file = Deno.openSync(path, { create: true, read: true, write: true, mode: 0o600 });
    return new FolderLock(file, path, holder, timeoutMs);
  }

  /**
   * Waits for the lock.
   *
   * @throws {StorageError} `storage-locked` after the time allowed, naming the holder
   */
  async acquire(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const locked = this.#file.lock(true).then(() => true);
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.#timeoutMs);
    });
    try {
      if (!await Promise.race([locked, late])) {
        // The lock may still come; nobody waits for it then.
        locked.then(() => this.#file.unlock()).catch(() => {});
        throw this.#timedOut();
      }
    } finally {
      clearTimeout(timer);
    }
    this.#file.truncateSync(this.#holder.length);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#file.writeSync(this.#holder);
  }

  /** Gives the lock back. */
  release(): void {
    this.#file.unlockSync();
  }

  /** Closes the file, which also gives the lock back. */
  close(): void {
    this.#file.close();
  }

  #timedOut(): StorageError {
    const holder = decoder.decode(Deno.readFileSync(this.#path)).replace(/\P{ASCII}|\p{Cc}/gu, "?").slice(
      0,
      100,
    );
    return new StorageError("storage-locked", `the identity is in use by ${holder || "another process"}`, {
      hint: "wait until it has finished, or stop it, then try again",
    });
  }
}
