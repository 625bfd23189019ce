import { join } from "node:path";
import { encodeHex } from "../../bytes/mod.ts";
import { StorageError } from "../../errors/mod.ts";
import { openLocked } from "./path_lock.ts";

/** Sees to it that files that are sent together are sent by one process; a folder with a file for each that is locked. */
export class SendingLocks {
  readonly #folder: string;

  /** Takes a folder, which is made when it is needed. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Takes files for this process until it is disposed of.
   *
   * @throws {StorageError} `files-busy` where another process has them
   */
  hold(id: Uint8Array): Disposable {
    const held = this.#tryHold(id);
    if (held === undefined) throw new StorageError("files-busy", "another process is sending these files");
    return held;
  }

  /** Whether a process is at work on files. */
  isBusy(id: Uint8Array): boolean {
    const held = this.#tryHold(id);
    held?.[Symbol.dispose]();
    return held === undefined;
  }

  #tryHold(id: Uint8Array): Disposable | undefined {
    Deno.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, encodeHex(id));
    const file = openLocked(path, { write: true });
    if (file === undefined) return undefined;
    return {
      [Symbol.dispose]: () => {
        Deno.removeSync(path);
        file.close();
      },
    };
  }
}
