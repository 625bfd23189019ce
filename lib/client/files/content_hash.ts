import { createHash } from "node:crypto";
import { StorageError } from "../../errors/mod.ts";
import type { HashAnswer, HashOrder, HashResult } from "./content_hash_thread.ts";

/** How to wait for a hash. */
export interface DigestOptions {
  /** Ends the wait. */
  signal: AbortSignal;
  /** Hears how much is hashed, where that takes long. */
  onHashed(bytes: number): void;
}

/** The SHA-256 of a file's content, from its beginning on. */
export interface ContentHash extends Disposable {
  /**
   * Passes over so many bytes at the file's beginning that whoever reads it has no other need to read. Returns false
   * where they have to be given like the others.
   */
  skip(bytes: number): boolean;
  /** Takes the next content, which stands in the file. */
  update(content: Uint8Array): void;
  /**
   * The hash of everything; nothing can be added then. Where a wait for it was ended, it can be waited for again.
   *
   * @throws {StorageError} `file-unreadable` where a thread cannot read the file
   * @throws the reason of the signal, and what `onHashed` throws
   */
  digest(options: DigestOptions): Promise<Uint8Array<ArrayBuffer>>;
}

/** Of a shorter file, to start a thread would take a good part of the whole time: 32 MiB. */
const MIN_BYTES_FOR_THREAD = 32 * 1024 * 1024;
/** The thread hears of so much at once. */
const STEP_BYTES = 4 * 1024 * 1024;

/** The file is locked as it arrives. On Windows nobody may then read it but through what has locked it. */
const MAY_BE_OPENED_AGAIN = Deno.build.os !== "windows";

/**
 * Hashes the content of a file of this size: a long one, where its path is known, on a thread of its own where the
 * system allows it. That takes a quarter off what a transfer costs the thread which opens the records.
 */
export function hashContent(size: number, path: string | undefined): ContentHash {
  const onThread = MAY_BE_OPENED_AGAIN && size >= MIN_BYTES_FOR_THREAD;
  return onThread && path !== undefined ? new HashElsewhere(path) : new HashHere();
}

class HashHere implements ContentHash {
  readonly #hash = createHash("sha256");

  skip(bytes: number): boolean {
    return bytes === 0;
  }

  update(content: Uint8Array): void {
    this.#hash.update(content);
  }

  digest(): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  [Symbol.dispose](): void {}
}

/**
 * Has a thread read the file once more, behind whoever reads or writes it. The content is in the system's cache then; to
 * hand it over would cost more than to hash it, as each processor would have to fetch it from the other one.
 */
class HashElsewhere implements ContentHash {
  readonly #thread: Worker;
  readonly #result: Promise<HashResult>;
  #onHashed: (bytes: number) => void = () => {};
  #bytes = 0;
  #toldBytes = 0;

  constructor(path: string) {
    this.#thread = new Worker(new URL("./content_hash_thread.ts", import.meta.url), { type: "module" });
    this.#result = new Promise((resolve) => {
      this.#thread.onmessage = ({ data }: MessageEvent<HashAnswer>) =>
        "hashedBytes" in data ? this.#onHashed(data.hashedBytes) : resolve(data);
      this.#thread.onerror = (event) => {
        // Else it would end the process.
        event.preventDefault();
        resolve({ problem: event.message });
      };
    });
    this.#order({ do: "open", path });
  }

  skip(bytes: number): boolean {
    this.#advance(bytes);
    return true;
  }

  update(content: Uint8Array): void {
    this.#advance(content.length);
  }

  async digest({ signal, onHashed }: DigestOptions): Promise<Uint8Array<ArrayBuffer>> {
    signal.throwIfAborted();
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const fail = (reason: unknown) => {
      this.#onHashed = () => {};
      reject(reason);
    };
    const onAbort = () => fail(signal.reason);
    signal.addEventListener("abort", onAbort);
    this.#onHashed = (bytes) => {
      try {
        onHashed(bytes);
      } catch (error) {
        fail(error);
      }
    };
    this.#order({ do: "digest", bytes: this.#bytes });
    try {
      const result = await Promise.race([this.#result, failed]);
      if ("problem" in result) throw unreadable(result.problem);
      return result.digest;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  [Symbol.dispose](): void {
    this.#thread.terminate();
  }

  #advance(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes - this.#toldBytes < STEP_BYTES) return;
    this.#toldBytes = this.#bytes;
    this.#order({ do: "hash", bytes: this.#bytes });
  }

  #order(order: HashOrder): void {
    this.#thread.postMessage(order);
  }
}

function unreadable(problem: string): StorageError {
  return new StorageError("file-unreadable", `cannot read the received file again: ${problem}`);
}
