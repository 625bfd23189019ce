import { StorageError } from "../../errors/mod.ts";

/**
 * Writes a file in place of the one before, so that after a crash at any instant the old or the new one is there
 * as a whole.
 *
 * @throws {StorageError} `file-unwritable`
 */
export function replaceFile(path: string, content: string | Uint8Array, mode: number): void {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  try {
    using file = Deno.openSync(temporary, { createNew: true, write: true, mode });
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    file.syncSync();
    Deno.renameSync(temporary, path);
  } catch (cause) {
    throw new StorageError("file-unwritable", `cannot write ${path}`, {
      hint: "look at the folder, its owner and mode, and the free space",
      cause,
    });
  }
}
