import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { fail, type Finding, ok, warn } from "./finding.ts";

const LOW_BYTES = 1e9, EMPTY_BYTES = 5e7;
const SLOW_SYNC_MS = 50;
const SYNC_ROUNDS = 9;
const BLOCK_BYTES = 4096;

/** Looks at the free space where the data folder is, and at how long the disk takes to make a write durable. */
export async function checkDisk(home: string): Promise<Finding[]> {
  const folder = await nearestFolder(home);
  return [await checkSpace(folder), await checkSync(folder)];
}

async function checkSpace(folder: string): Promise<Finding> {
  const check = `disk space of ${folder}`;
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${(free / 1e9).toFixed(1)} GB are free`;
  const hint = "make space: a relay or a client that cannot write stops";
  if (free < EMPTY_BYTES) return fail(check, detail, hint);
  return free < LOW_BYTES ? warn(check, detail, hint) : ok(check, detail);
}

async function checkSync(folder: string): Promise<Finding> {
  const check = `durable writes to ${folder}`;
  try {
    const medianMs = await measureSync(folder);
    const detail = `${medianMs.toFixed(1)} ms each (fsync, median of ${SYNC_ROUNDS})`;
    const hint = "every message that a relay acknowledges waits for it: use a faster disk";
    return medianMs > SLOW_SYNC_MS ? warn(check, detail, hint) : ok(check, detail);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    return fail(check, "the folder cannot be written to", "look at its owner and mode");
  }
}

async function measureSync(folder: string): Promise<number> {
  const path = await Deno.makeTempFile({ dir: folder, prefix: ".parley-doctor-" });
  try {
    using file = await Deno.open(path, { write: true });
    const times: number[] = [];
    for (let round = 0; round < SYNC_ROUNDS; round++) {
      const began = performance.now();
      await file.write(new Uint8Array(BLOCK_BYTES));
      await file.syncData();
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[SYNC_ROUNDS >> 1]!;
  } finally {
    await Deno.remove(path);
  }
}

/** The folder itself, or where it would be made. */
async function nearestFolder(path: string): Promise<string> {
  for (;;) {
    try {
      if ((await Deno.stat(path)).isDirectory) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || dirname(path) === path) throw error;
    }
    path = dirname(path);
  }
}
