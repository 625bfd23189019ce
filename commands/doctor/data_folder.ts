import { join } from "node:path";
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
  for await (const path of filesBelow(home)) {
    files++;
    const finding = await checkFile(path, folder.uid);
    if (finding !== undefined) findings.push(finding);
  }
  return findings.length > 0 ? findings : [ok(check, `${files} files, all of them safe from others`)];
}

async function checkFile(path: string, owner: number | null): Promise<Finding | undefined> {
  const info = await statOrNothing(path);
  if (info === undefined) return undefined; // a journal that was deleted meanwhile
  const check = `permissions of ${path}`;
  const mode = (info.mode ?? 0) & 0o777;
  if (info.uid !== owner) {
    return warn(check, "it belongs to another user than the folder", "look who made it");
  }
  const isSecret = SECRET_FILE.test(path.slice(path.lastIndexOf("/") + 1));
  const wrongBits = isSecret ? OTHERS_BITS : OTHERS_WRITE_BITS;
  // A folder that nobody else may enter protects what is in it.
  if ((mode & wrongBits) === 0 || await isUnreachable(path)) return undefined;
  const detail = `others can ${isSecret ? "read" : "write"} it: its mode is ${
    mode.toString(8).padStart(4, "0")
  }`;
  return fail(check, detail, `chmod ${isSecret ? "600" : "go-w"} ${path}`);
}

async function isUnreachable(path: string): Promise<boolean> {
  const parent = await Deno.stat(join(path, ".."));
  return ((parent.mode ?? 0) & OTHERS_BITS) === 0;
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesBelow(join(folder, name));
    else if (isFile) yield join(folder, name);
  }
}

async function statOrNothing(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
