import { dirname } from "node:path";
import { StorageError } from "../errors/mod.ts";
import { AtomicFile, fileExists, syncFolder, type WriteFileOptions } from "./atomic_file.ts";

/**
 * Writes a file so that after a crash at any instant it is there as a whole or not at all, and makes sure
 * that it is on disk. Of two processes that write the same file without `force` one fails.
 *
 * @throws {UsageError} `file-exists` where the file is there and `force` is not set
 * @throws {StorageError} `file-unwritable`
 */
export function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  options: WriteFileOptions = {},
): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  using file = AtomicFile.create(path, options);
  file.write(bytes);
  file.finish();
}

/**
 * Refuses early where one of these files exists, before work is done that would be for nothing.
 *
 * @throws {UsageError} `file-exists`
 */
export function refuseExistingFiles(paths: string[]): void {
  for (const path of paths) if (fileIsThere(path)) throw fileExists(path);
}

/**
 * Whether there is anything under this path.
 *
 * @throws {StorageError} `file-unreadable`
 */
export function fileIsThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new StorageError("file-unreadable", `cannot look at ${path}`, { cause: error });
  }
}

/**
 * Gives a folder its final name and makes sure that the name is on disk.
 *
 * @throws {StorageError} `file-unwritable`
 */
export function moveFolder(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
    syncFolder(dirname(to));
  } catch (cause) {
    throw new StorageError("file-unwritable", `cannot move a folder to ${to}`, {
      hint: "look at the folder, its owner and mode, and the free space",
      cause,
    });
  }
}
