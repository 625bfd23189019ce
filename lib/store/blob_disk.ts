import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";

/** One blob's file. Calls may overlap; they take effect in their order. */
export interface BlobFile {
  /** Fills a buffer from a place in the file; says how many bytes there were. */
  read(at: number, into: Uint8Array): Promise<number>;
  /** Writes at a place, one part after the other. */
  write(at: number, parts: readonly Uint8Array[]): Promise<void>;
  /** Waits until what has been written by now is on the disk. */
  sync(): Promise<void>;
  /** Cuts the file off. */
  truncate(bytes: number): Promise<void>;
  /** The file's length. */
  size(): Promise<number>;
  /** Closes the file after what is under way. */
  close(): Promise<void>;
}

/** Where the blobs' files are, by name. All errors are the system's. */
export interface BlobDisk {
  /** Opens a file, made where there is none; its name is on the disk then. */
  create(name: string): Promise<BlobFile>;
  /** Opens a file to read it; undefined where there is none. */
  open(name: string): Promise<BlobFile | undefined>;
  /** Removes a file, if it is there. */
  remove(name: string): Promise<void>;
  /** The names of all files. */
  names(): AsyncIterable<string>;
  /** Bytes that are free for more. */
  freeBytes(): Promise<number>;
}

/** So many characters of a name are its folder's name: no folder then has more than a few thousand entries. */
const FOLDER_CHARACTERS = 2;

/** The files of a folder: `ab/abcd…`, of mode 0600 in folders of mode 0700. */
export class FolderBlobDisk implements BlobDisk {
  readonly #path: string;
  #made = false;

  /** Takes a folder, which is made when it is needed. */
  constructor(path: string) {
    this.#path = path;
  }

  async create(name: string): Promise<BlobFile> {
    await this.#make();
    const folder = join(this.#path, name.slice(0, FOLDER_CHARACTERS));
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const options = { create: true, read: true, write: true, mode: 0o600 };
    const file = await Deno.open(join(folder, name), options);
    await syncNames(folder);
    await syncNames(this.#path);
    return new SystemBlobFile(file);
  }

  async open(name: string): Promise<BlobFile | undefined> {
    try {
      return new SystemBlobFile(await Deno.open(this.#pathOf(name)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await Deno.remove(this.#pathOf(name));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async *names(): AsyncIterable<string> {
    for await (const folder of entriesOf(this.#path)) {
      if (!folder.isDirectory) continue;
      for await (const { name, isFile } of entriesOf(join(this.#path, folder.name))) if (isFile) yield name;
    }
  }

  async freeBytes(): Promise<number> {
    await this.#make();
    const { bavail, bsize } = await statfs(this.#path);
    return bavail * bsize;
  }

  async #make(): Promise<void> {
    if (this.#made) return;
    await Deno.mkdir(this.#path, { recursive: true, mode: 0o700 });
    await syncNames(dirname(this.#path));
    this.#made = true;
  }

  #pathOf(name: string): string {
    return join(this.#path, name.slice(0, FOLDER_CHARACTERS), name);
  }
}

/** As `syncFolder`, without holding up whoever else is served. */
async function syncNames(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path);
  await folder.sync();
}

async function* entriesOf(path: string): AsyncIterable<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A file has one position, so that whoever moves it and reads or writes must do so alone. */
class SystemBlobFile implements BlobFile {
  readonly #file: Deno.FsFile;
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  read(at: number, into: Uint8Array): Promise<number> {
    return this.#alone(async () => {
      this.#file.seekSync(at, Deno.SeekMode.Start);
      let filled = 0;
      while (filled < into.length) {
        const count = await this.#file.read(into.subarray(filled));
        if (count === null) break;
        filled += count;
      }
      return filled;
    });
  }

  write(at: number, parts: readonly Uint8Array[]): Promise<void> {
    return this.#alone(async () => {
      this.#file.seekSync(at, Deno.SeekMode.Start);
      for (const part of parts) {
        for (let written = 0; written < part.length;) {
          written += await this.#file.write(part.subarray(written));
        }
      }
    });
  }

  sync(): Promise<void> {
    // Moves nothing. Deno has what is called meanwhile wait until it is over.
    return this.#file.syncData();
  }

  truncate(bytes: number): Promise<void> {
    return this.#alone(() => this.#file.truncate(bytes));
  }

  size(): Promise<number> {
    return this.#alone(async () => (await this.#file.stat()).size);
  }

  close(): Promise<void> {
    return this.#alone(() => Promise.resolve(this.#file.close()));
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
