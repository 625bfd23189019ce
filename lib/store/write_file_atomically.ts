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
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    writeAndSync(temporary, bytes, options.mode ?? 0o644);
    // A link, unlike a rename, does not replace what is there.
    if (options.force) Deno.renameSync(temporary, path);
    else Deno.linkSync(temporary, path);
    if (!options.force) Deno.removeSync(temporary);
    syncFolder(dirname(path));
  } catch (error) {
    const cause = abandon(temporary, error);
    if (error instanceof Deno.errors.AlreadyExists) throw fileExists(path, cause);
    throw new StorageError("file-unwritable", `cannot write ${path}`, {
      hint: "look at the folder, its owner and mode, and the free space",
      cause,
    });
  }
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

function writeAndSync(path: string, bytes: Uint8Array, mode: number): void {
  using file = Deno.openSync(path, { createNew: true, write: true, mode });
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
  file.syncSync();
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

/** Removes what a failed attempt left; what hinders that is reported beside the first error. */
function abandon(temporary: string, error: unknown): unknown {
  try {
    if (fileIsThere(temporary)) Deno.removeSync(temporary);
    return error;
  } catch (second) {
    return new AggregateError([error, second]);
  }
}

function fileExists(path: string, cause?: unknown): UsageError {
  return new UsageError("file-exists", `${path} exists already`, {
    hint: "choose another name, or use --force to replace it",
    cause,
  });
}
