import { basename, join } from "node:path";
import { fail, type Finding, ok, warn } from "./finding.ts";

const OTHERS_BITS = 0o077;
const OTHERS_WRITE_BITS = 0o022;
/** Files that hold keys, or what was written with them. */
const SECRET_FILE = /\.(key|db|db-wal|db-shm)$|^server\.pem$/;

/** Looks at owners and modes in the data folder: nobody else may read a key or a database, or write anything. */
export async function checkDataFolder(home: string): Promise<Finding[]> {
  const check = `permissions of ${home}`;
  if (Deno.build.os === "windows") return [ok(check, "Windows keeps the folders of users apart by itself")];
  const folder = await statOrNothing(home);
  if (folder === undefined) return [ok(check, "there is no data folder yet")];
  const findings: Finding[] = [];
  if (((folder.mode ?? 0) & OTHERS_WRITE_BITS) !== 0) {
    findings.push(warn(check, "others can write to the folder", `chmod 700 ${home}`));
  }
  let files = 0;
  for await (const file of filesBelow(home, (folder.mode ?? 0) & OTHERS_BITS)) {
    files++;
    const finding = await checkFile(file, folder.uid);
    if (finding !== undefined) findings.push(finding);
  }
  return findings.length > 0 ? findings : [ok(check, `${files} files, all of them safe from others`)];
}

/** A file, and what the folders above it leave to others of the rights that its own mode gives. */
interface FoundFile {
  readonly path: string;
  readonly folderBits: number;
}

async function* filesBelow(folder: string, folderBits: number): AsyncGenerator<FoundFile> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isFile) yield { path, folderBits };
    if (!isDirectory) continue;
    const { mode } = await Deno.stat(path);
    yield* filesBelow(path, folderBits && (mode ?? 0) & OTHERS_BITS);
  }
}

async function checkFile(
  { path, folderBits }: FoundFile,
  owner: number | null,
): Promise<Finding | undefined> {
  const info = await statOrNothing(path);
  if (info === undefined) return undefined; // a journal that was deleted meanwhile
  const check = `permissions of ${path}`;
  if (info.uid !== owner) {
    return warn(check, "it belongs to another user than the folder", "look who made it");
  }
  const mode = (info.mode ?? 0) & 0o777;
  const isSecret = SECRET_FILE.test(basename(path));
  if ((mode & (isSecret ? OTHERS_BITS : OTHERS_WRITE_BITS)) === 0) return undefined;
  const detail = `its mode ${mode.toString(8).padStart(4, "0")} lets others ${
    isSecret ? "read" : "write"
  } it`;
  const hint = `chmod ${isSecret ? "600" : "go-w"} ${path}`;
  return folderBits === 0
    ? warn(check, `${detail}; only a folder above it keeps them out`, hint)
    : fail(check, detail, hint);
}

async function statOrNothing(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
