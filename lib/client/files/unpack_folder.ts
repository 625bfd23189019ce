import { join } from "node:path";
import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { DecodeError, ParleyError, StorageError } from "../../errors/mod.ts";
import { syncFolder } from "../../store/mod.ts";
import { numberedFileName, safeRelativePath } from "./file_name.ts";
import { Flights } from "./flights.ts";
import { writeAll } from "./write_all.ts";

/** What came out of a folder's stream. */
export interface UnpackedFolder {
  /** Files that were written. */
  files: number;
  /** Links, devices and the like, which are never made. */
  leftOut: number;
}

/** Entries of a stream. */
const MAX_ENTRIES = 1_000_000;
/** Files up to this size are written while the next ones are read. */
const SMALL_FILE_BYTES = 256 * 1024;
/** Waiting for the disk at once: their flushes share its turns. */
const MAX_IN_FLIGHT = 64;

/**
 * Unpacks a folder's tar stream into a folder that is empty and this process's own; everything is on the disk when it
 * resolves. Makes files of mode 0600 and folders of mode 0700, never a link or a device, never over what is
 * there: of two paths that are the same once their names are safe, the second gets a number. Memory stays constant.
 *
 * @throws {DecodeError} `folder-malformed`; `folder-refused` where a path leads out of the folder
 * @throws {StorageError} `file-unwritable`
 */
export async function unpackFolder(
  tar: ReadableStream<Uint8Array<ArrayBuffer>>,
  into: string,
): Promise<UnpackedFolder> {
  const unpacker = new FolderUnpacker(into);
  try {
    for await (const entry of tar.pipeThrough(createTarDecoder({ strict: true }))) await unpacker.take(entry);
    return await unpacker.finish();
  } catch (error) {
    // What is still being written must not meet whoever removes the folder now.
    await unpacker.stopped();
    throw toUnpackError(error);
  }
}

class FolderUnpacker {
  readonly #root: string;
  readonly #folders = new Set<string>();
  /** The last number of each path that was there already. */
  readonly #numbers = new Map<string, number>();
  readonly #flights = new Flights(MAX_IN_FLIGHT);
  readonly #writing = new Set<Promise<void>>();
  readonly #counts: UnpackedFolder = { files: 0, leftOut: 0 };
  #entries = 0;

  constructor(root: string) {
    this.#root = root;
    this.#folders.add(root);
  }

  async take({ header, body }: ParsedTarEntry): Promise<void> {
    if (++this.#entries > MAX_ENTRIES) throw refused(`it has more than ${MAX_ENTRIES} entries`);
    const isFolder = header.type === "directory";
    if (!isFolder && header.type !== "file") {
      this.#counts.leftOut++;
      return await body.cancel();
    }
    const parts = safeRelativePath(header.name);
    if (parts === undefined) {
      // The folder's own entry, as other programs write it.
      if (isFolder && /^(\.\/?)+$/.test(header.name)) return await body.cancel();
      throw refused("one of its paths leads out of it");
    }
    if (isFolder) {
      await body.cancel();
      this.#makeFolder(parts);
      return;
    }
    const name = parts.pop()!;
    const file = this.#createFile(this.#makeFolder(parts), name);
    this.#counts.files++;
    await this.#write(file, header.size, body);
  }

  async finish(): Promise<UnpackedFolder> {
    await this.#flights.landed();
    for (const folder of this.#folders) syncFolder(folder);
    return this.#counts;
  }

  /** Resolves when nothing is being written any more, whatever has become of it. */
  async stopped(): Promise<void> {
    await Promise.allSettled(this.#writing);
  }

  async #write(file: Deno.FsFile, size: number, body: ReadableStream<Uint8Array>): Promise<void> {
    if (size > SMALL_FILE_BYTES) return await store(file, body);
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of body) chunks.push(chunk);
    } catch (error) {
      file.close();
      throw error;
    }
    const writing = store(file, chunks).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    await this.#flights.add(writing);
  }

  /** The folder must be one that was made here: everything under the root was. */
  #makeFolder(parts: string[]): string {
    let folder = this.#root;
    for (const part of parts) {
      folder = join(folder, part);
      if (this.#folders.has(folder)) continue;
      makeFolder(folder);
      this.#folders.add(folder);
    }
    return folder;
  }

  #createFile(folder: string, name: string): Deno.FsFile {
    const first = join(folder, name);
    for (let count = this.#numbers.get(first) ?? 1;; count++) {
      try {
        const path = join(folder, numberedFileName(name, count));
        const file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
        if (count > 1) this.#numbers.set(first, count);
        return file;
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
    }
  }
}

/** One that is there was made here under a name that this file system does not tell from it. */
function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists) || !Deno.lstatSync(path).isDirectory) throw error;
  }
}

/** Writes and closes a file; it is on the disk then. */
async function store(
  file: Deno.FsFile,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    for await (const chunk of chunks) await writeAll(file, chunk);
    await file.sync();
  } finally {
    file.close();
  }
}

function refused(why: string): DecodeError {
  return new DecodeError("folder-refused", `the folder is not unpacked: ${why}`, {
    hint: "whoever sent it does not mean well, or uses another program",
  });
}

function toUnpackError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  const isOfSystem =
    error instanceof Error && Object.values(Deno.errors).some((kind) => error instanceof kind) ||
    /\(os error \d+\)/.test(String(error));
  if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory) {
    return refused("a file stands where it has a folder");
  }
  if (!isOfSystem) {
    return new DecodeError("folder-malformed", "the folder's stream is malformed", { cause: error });
  }
  return new StorageError("file-unwritable", "cannot write the received folder", {
    hint: "look at the free space",
    cause: error,
  });
}
