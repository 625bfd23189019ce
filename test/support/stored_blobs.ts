import { join } from "node:path";

/** The paths of the files in which a relay keeps blobs; none where it has never had any. */
export function storedBlobs(relayFolder: string): string[] {
  return filesBelow(join(relayFolder, "blobs"));
}

function filesBelow(folder: string): string[] {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return entries.flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    return isDirectory ? filesBelow(path) : [path];
  }).sort();
}
