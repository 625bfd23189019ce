import { basename, join } from "node:path";
import { createTarPacker, type TarHeader } from "modern-tar";
import { StorageError, UsageError } from "../../errors/mod.ts";

/** What a folder is packed with. */
export interface PackFolderOptions {
  /** Hears of what is neither file nor folder (links, devices) and left out; a path within the folder. */
  onLeftOut(path: string): void;
}

/** Read at once; larger files in portions of this size. */
const PORTION_BYTES = 256 * 1024;

/**
 * A folder as a tar stream (POSIX.1-2001): its files and folders by their paths within it, with modes and times, without
 * owners. Links are not followed. Takes memory for one portion, and for the names in one folder.
 *
 * @throws {UsageError} `file-changed` where a file gets shorter meanwhile
 * @throws {StorageError} `file-unreadable`
 */
export async function* packFolder(folder: string, options: PackFolderOptions): AsyncGenerator<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const packing = new FolderPacker(controller, options).pack(folder)
    .then(() => controller.finalize())
    .catch((error) => controller.error(error));
  // The stream gives the error; where its reader has left, the packer is stopped by the next thing that it adds.
  yield* readable;
  await packing;
}

type Packer = ReturnType<typeof createTarPacker>["controller"];

class FolderPacker {
  readonly #tar: Packer;
  readonly #options: PackFolderOptions;

  constructor(tar: Packer, options: PackFolderOptions) {
    this.#tar = tar;
    this.#options = options;
  }

  async pack(root: string): Promise<void> {
    for (const name of namesIn(root)) await this.#add(join(root, name), name);
  }

  /** `path` within the root, with slashes. */
  async #add(place: string, path: string): Promise<void> {
    const info = await Deno.lstat(place).catch(unreadable(place));
    const { isFile, isDirectory, mode, mtime, size } = info;
    const header = { name: path, mode: (mode ?? 0o600) & 0o777, mtime: mtime ?? new Date(0) };
    if (isFile) return await this.#addFile(place, { ...header, type: "file", size });
    if (!isDirectory) return this.#options.onLeftOut(path);
    await this.#tar.add({ ...header, name: `${path}/`, type: "directory", size: 0 }).close();
    for (const name of namesIn(place)) await this.#add(join(place, name), `${path}/${name}`);
  }

  async #addFile(place: string, header: TarHeader & { size: number }): Promise<void> {
    using file = await Deno.open(place).catch(unreadable(place));
    const writer = this.#tar.add(header).getWriter();
    for (let rest = header.size; rest > 0;) {
      const portion = new Uint8Array(Math.min(rest, PORTION_BYTES));
      const count = await file.read(portion).catch(unreadable(place));
      if (count === null) throw fileChanged(place);
      await writer.write(portion.subarray(0, count));
      rest -= count;
    }
    await writer.close();
  }
}

/** Sorted, so that the same folder gives the same stream. */
function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  } catch (cause) {
    return unreadable(folder)(cause);
  }
}

function unreadable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new StorageError("file-unreadable", `cannot read ${path}`, { hint: "look at its mode", cause });
  };
}

function fileChanged(path: string): UsageError {
  return new UsageError("file-changed", `${basename(path)} has changed while it was read`, {
    hint: "send the folder when nothing writes into it",
  });
}
