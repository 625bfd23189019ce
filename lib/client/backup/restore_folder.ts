import { StorageError, UsageError } from "../../errors/mod.ts";
import { fileIsThere, moveFolder } from "../../store/mod.ts";
import { type DeviceRef, formatDeviceRef } from "../../wire/mod.ts";
import { openLocked } from "../files/path_lock.ts";
import { identityPath } from "../identity_folder.ts";

/**
 * The folder of an identity that is being restored, under a hidden name, for this process alone. When it is disposed of
 * before it is finished nothing stays.
 */
export class RestoreFolder implements Disposable {
  /** Where the identity's files are to be written. */
  readonly path: string;
  readonly #folder: string;
  readonly #lock: Deno.FsFile;
  readonly #lockPath: string;

  private constructor(path: string, folder: string, lock: Deno.FsFile, lockPath: string) {
    this.path = path;
    this.#folder = folder;
    this.#lock = lock;
    this.#lockPath = lockPath;
  }

  /**
   * Makes the folder, empty. What a restore that was killed has left is removed.
   *
   * @throws {UsageError} `identity-exists`
   * @throws {StorageError} `restore-busy`, `file-unwritable`
   */
  static open(home: string, ref: DeviceRef): RestoreFolder {
    const folder = identityPath(home, ref);
    refuseExisting(folder, ref);
    const parent = `${home}/identities/${ref.user}`;
    const path = `${parent}/.${ref.device}.restoring`;
    try {
      Deno.mkdirSync(parent, { recursive: true, mode: 0o700 });
      const lockPath = `${path}.lock`;
      const lock = openLocked(lockPath, { read: true, write: true });
      if (lock === undefined) {
        throw new StorageError(
          "restore-busy",
          `${formatDeviceRef(ref)} is being restored by another process`,
        );
      }
      const made = new RestoreFolder(path, folder, lock, lockPath);
      try {
        refuseExisting(folder, ref);
        made.#removeFolder();
        Deno.mkdirSync(path, { mode: 0o700 });
        return made;
      } catch (error) {
        made[Symbol.dispose]();
        throw error;
      }
    } catch (error) {
      if (error instanceof UsageError || error instanceof StorageError) throw error;
      throw new StorageError("file-unwritable", `cannot make a folder in ${parent}`, {
        hint: "look at the folder, its owner and mode, and the free space",
        cause: error,
      });
    }
  }

  /** Makes the identity's folder of it, in one step; returns its path. */
  finish(): string {
    moveFolder(this.path, this.#folder);
    return this.#folder;
  }

  /** Removes what was not finished. */
  [Symbol.dispose](): void {
    try {
      this.#removeFolder();
      Deno.removeSync(this.#lockPath);
    } finally {
      this.#lock.close();
    }
  }

  #removeFolder(): void {
    if (fileIsThere(this.path)) Deno.removeSync(this.path, { recursive: true });
  }
}

function refuseExisting(folder: string, ref: DeviceRef): void {
  if (!fileIsThere(folder)) return;
  throw new UsageError("identity-exists", `this data folder already holds ${formatDeviceRef(ref)}`, {
    hint: "choose another folder with --home or PARLEY_HOME, or move that identity away",
  });
}
