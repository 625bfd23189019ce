/**
 * The thread that hashes the content of one file.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fillFrom } from "./fill_from.ts";

/** What is to be done, in this order: once, as often as content is there, once. Bytes count from the beginning. */
export type HashOrder =
  | { do: "open"; path: string }
  | { do: "hash"; bytes: number }
  | { do: "digest"; bytes: number };

/** The one answer to `digest`, or instead of it. */
export type HashResult = { digest: Uint8Array<ArrayBuffer> } | { problem: string };

/** What the thread says: how much it has hashed, now and then, and its answer. */
export type HashAnswer = { hashedBytes: number } | HashResult;

interface Thread {
  onmessage: ((event: MessageEvent<HashOrder>) => void) | null;
  postMessage(answer: HashAnswer): void;
}

const PORTION_BYTES = 256 * 1024;
/** So much is hashed between two words of how much it is. */
const STEP_BYTES = 16 * 1024 * 1024;

const thread = self as unknown as Thread;
const hash = createHash("sha256");
const buffer = new Uint8Array(PORTION_BYTES);
let file: Deno.FsFile | undefined;
let hashedBytes = 0;
let toldBytes = 0;

thread.onmessage = ({ data }) => {
  try {
    if (data.do === "open") file = Deno.openSync(data.path);
    else hashUpTo(file!, data.bytes);
    if (data.do === "digest") thread.postMessage({ digest: new Uint8Array(hash.digest()) });
  } catch (error) {
    thread.postMessage({ problem: error instanceof Error ? error.message : String(error) });
    thread.onmessage = null;
  }
};

function hashUpTo(file: Deno.FsFile, bytes: number): void {
  while (hashedBytes < bytes) {
    const portion = buffer.subarray(0, Math.min(PORTION_BYTES, bytes - hashedBytes));
    if (fillFrom(file, portion) < portion.length) throw new Error("the file has become shorter");
    hash.update(portion);
    hashedBytes += portion.length;
    if (hashedBytes - toldBytes < STEP_BYTES) continue;
    toldBytes = hashedBytes;
    thread.postMessage({ hashedBytes });
  }
}
