import { statfsSync } from "node:fs";
import { join } from "node:path";
import { StorageError } from "../../errors/mod.ts";
import { syncFolder } from "../../store/mod.ts";
import { numberedFileName } from "./file_name.ts";
import { isSameFile, openLocked } from "./path_lock.ts";

/** A file while it arrives; locked for this process until it is disposed of. */
export interface PartialFile extends Disposable {
  /** Where it is. */
  path: string;
  /** Open for reading and writing. */
  file: Deno.FsFile;
}

/** Told of the name that something is about to get, before it gets it, and by what it is known again. */
export type NameListener = (path: string, ino: number | undefined) => Promise<void>;

/**
 * A folder that received files are saved in. Nothing in it is followed if it is a link, nothing that is there is
 * written over, and no name leads out of it.
 */
export class SaveFolder {
  /** The folder, without links. */
  readonly path: string;
  readonly #facts: Deno.FileInfo;
  /** The last number of each name that was taken. */
  readonly #numbers = new Map<string, number>();

  private constructor(path: string) {
    this.path = path;
    this.#facts = Deno.statSync(path);
  }

  /**
   * Opens a folder, and makes it where it is not there.
   *
   * @throws {StorageError} `save-folder-unusable`
   */
  static open(path: string): SaveFolder {
    try {
      Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
      return new SaveFolder(Deno.realPathSync(path));
    } catch (cause) {
      throw new StorageError("save-folder-unusable", `cannot save files in ${path}`, {
        hint: "name a folder that can be written to",
        cause,
      });
    }
  }

  /**
   * Opens a file that arrives, with what an earlier attempt has left of it.
   *
   * @throws {StorageError} `file-busy` where another process saves it here; `file-unwritable`
   */
  openPartial(name: string): PartialFile {
    const path = join(this.path, name);
    const file = this.#guarded(() => openLocked(path, { read: true, write: true }));
    if (file === undefined) throw new StorageError("file-busy", "another process is saving this file");
    const { uid, nlink } = file.statSync();
    // Somebody else's file could be changed by them later; one with another name may be something of value.
    if ((uid !== null && uid !== Deno.uid()) || (nlink !== null && nlink > 1)) {
      file.close();
      throw new StorageError("file-unwritable", `${path} is in the way`, { hint: "remove it" });
    }
    return { path, file, [Symbol.dispose]: () => file.close() };
  }

  /**
   * Gives a file of this folder its name, or that with a number where it is taken; resolves to its path when that is
   * on the disk. The old name goes with {@link SaveFolder.remove}.
   *
   * @throws {StorageError} `file-unwritable`
   */
  async nameFile(from: string, name: string, about: NameListener): Promise<string> {
    return await this.#name(from, name, about, linkNew);
  }

  /**
   * Gives a folder within this one its name likewise; the old name is gone then.
   *
   * @throws {StorageError} `file-unwritable`
   */
  async nameFolder(from: string, name: string, about: NameListener): Promise<string> {
    return await this.#name(from, name, about, renameNew);
  }

  /**
   * Refuses early what will not fit.
   *
   * @throws {StorageError} `disk-full`
   */
  assertRoom(bytes: number): void {
    const { bavail, bsize } = this.#guarded(() => statfsSync(this.path));
    if (bytes <= bavail * bsize) return;
    throw new StorageError("disk-full", `there is no room for ${bytes} bytes more in ${this.path}`);
  }

  /** Makes an empty folder, without what an earlier attempt has left in it. */
  makeFolder(name: string): string {
    const path = join(this.path, name);
    this.#guarded(() => {
      removeIfThere(path);
      Deno.mkdirSync(path, { mode: 0o700 });
    });
    return path;
  }

  /** Removes what stands under a name of this folder, if anything does. */
  remove(name: string): void {
    this.#guarded(() => removeIfThere(join(this.path, name)));
  }

  async #name(
    from: string,
    name: string,
    about: NameListener,
    give: (from: string, to: string) => boolean,
  ): Promise<string> {
    const facts = this.#guarded(() => Deno.lstatSync(from));
    for (;;) {
      const path = this.#guarded(() => this.#freePath(name));
      await about(path, facts.ino ?? undefined);
      if (!this.#guarded(() => give(from, path))) continue;
      this.#guarded(() => this.#settle(path, facts));
      return path;
    }
  }

  #freePath(name: string): string {
    for (let count = this.#numbers.get(name) ?? 1;; count++) {
      const path = join(this.path, numberedFileName(name, count));
      if (lookAt(path) !== undefined) continue;
      this.#numbers.set(name, count);
      return path;
    }
  }

  /** What was named must be what it was, in the folder that it was opened as. */
  #settle(path: string, facts: Deno.FileInfo): void {
    if (!isSameFile(Deno.statSync(this.path), this.#facts) || Deno.realPathSync(this.path) !== this.path) {
      throw new StorageError("save-folder-moved", `${this.path} was replaced while files were saved in it`);
    }
    if (!isSameFile(Deno.lstatSync(path), facts)) throw unwritable(path);
    syncFolder(this.path);
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof StorageError ? error : unwritable(this.path, error);
    }
  }
}

/** What stands under a name, be it a link; undefined where nothing does. */
export function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A link, unlike a rename, does not replace what is there. */
function linkNew(from: string, to: string): boolean {
  try {
    Deno.linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    if (lookAt(to) !== undefined) return false;
    return reserveAndRename(from, to);
  }
}

/** Some file systems have no links: the name is taken by an empty file first, which only its maker replaces. */
function reserveAndRename(from: string, to: string): boolean {
  try {
    Deno.openSync(to, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  Deno.renameSync(from, to);
  return true;
}

/** Renaming a folder replaces nothing but an empty folder: the one that takes the name first. */
function renameNew(from: string, to: string): boolean {
  try {
    Deno.mkdirSync(to, { mode: 0o700 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  try {
    if (Deno.build.os === "windows") Deno.removeSync(to);
    Deno.renameSync(from, to);
    return true;
  } catch (error) {
    // Where it is not empty any more, somebody else has put something there: it is theirs.
    if (!isRemoved(to)) return false;
    throw error;
  }
}

function isRemoved(emptyFolder: string): boolean {
  try {
    Deno.removeSync(emptyFolder);
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function unwritable(path: string, cause?: unknown): StorageError {
  return new StorageError("file-unwritable", `cannot write in ${path}`, {
    hint: "look at the folder, its owner and mode, and the free space",
    cause,
  });
}
