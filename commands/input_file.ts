import { UsageError } from "../lib/errors/mod.ts";

/**
 * Reads a file that somebody has named on the command line.
 *
 * @throws {UsageError} file-not-found, file-too-large at more than `maxBytes`
 * @throws Deno.errors where it cannot be read
 */
export async function readInputFile(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await Deno.stat(path).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new UsageError("file-not-found", `there is no file ${path}`, { cause });
  });
  if (size > maxBytes) throw new UsageError("file-too-large", `${path} is larger than ${maxBytes} bytes`);
  return await Deno.readFile(path);
}
