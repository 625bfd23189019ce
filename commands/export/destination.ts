import { StorageError, UsageError } from "../../lib/errors/mod.ts";
import type { CommandContext } from "../command.ts";

/** Where an export goes. A file that was not finished is removed when this is disposed of. */
export interface ExportDestination extends Disposable {
  /** Writes text. */
  write(text: string): void;
  /** Everything is written. */
  finish(): void;
}

/**
 * Opens a new file that only its owner can read, or standard output.
 *
 * @throws {UsageError} `file-exists`
 * @throws {StorageError} `file-unwritable`
 */
export function openExport(path: string | undefined, { io }: CommandContext): ExportDestination {
  if (path === undefined) {
    return { write: (text) => io.stdout.write(text), finish: () => {}, [Symbol.dispose]: () => {} };
  }
  const file = createFile(path);
  let finished = false;
  return {
    write: (text) => writeAll(file, path, new TextEncoder().encode(text)),
    finish: () => {
      file.syncSync();
      finished = true;
    },
    [Symbol.dispose]: () => {
      file.close();
      if (!finished) Deno.removeSync(path);
    },
  };
}

function createFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new UsageError("file-exists", `${path} exists`, { hint: "name another file, or remove it" });
    }
    throw unwritable(path, error);
  }
}

function writeAll(file: Deno.FsFile, path: string, bytes: Uint8Array): void {
  try {
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, cause: unknown): StorageError {
  return new StorageError("file-unwritable", `cannot write ${path}`, {
    cause,
    hint: "look at the folder, its owner and mode, and the free space",
  });
}
