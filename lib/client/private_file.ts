import { StorageError } from "../errors/mod.ts";

/**
 * Writes a file that only its owner may read, whole or not at all: to a temporary file, to disk, then in
 * its place.
 *
 * @throws {StorageError} `storage-failed`
 */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    using file = await Deno.open(temporary, { createNew: true, write: true, mode: 0o600 });
    let written = 0;
    while (written < bytes.length) written += await file.write(bytes.subarray(written));
    await file.sync();
    await Deno.rename(temporary, path);
    await syncFolder(path.slice(0, path.lastIndexOf("/")));
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw new StorageError("storage-failed", `cannot write ${path}`, {
      hint: "look at the disk and the folder's mode",
      cause,
    });
  }
}

/** Makes a rename in a folder survive a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  using handle = await Deno.open(folder, { read: true });
  await handle.sync();
}
