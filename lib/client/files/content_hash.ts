import { createHash } from "node:crypto";
import type { HashAnswer, HashOrder } from "./content_hash_thread.ts";

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
   * The hash of everything.
   *
   * @throws {Error} where the file cannot be read
   */
  digest(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Of a shorter file, to start a thread would take a good part of the whole time: 32 MiB. */
const MIN_BYTES_FOR_THREAD = 32 * 1024 * 1024;
/** The thread hears of so much at once. */
const STEP_BYTES = 4 * 1024 * 1024;

/**
 * Hashes the content of a file of this size: a long one, where its path is known, on a thread of its own. Hashing then
 * costs the thread that seals or opens nothing, a quarter of all that a transfer costs it.
 */
export function hashContent(size: number, path: string | undefined): ContentHash {
  return path === undefined || size < MIN_BYTES_FOR_THREAD ? new HashHere() : new HashElsewhere(path);
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
  readonly #answer: Promise<HashAnswer>;
  #bytes = 0;
  #toldBytes = 0;

  constructor(path: string) {
    this.#thread = new Worker(new URL("./content_hash_thread.ts", import.meta.url), { type: "module" });
    this.#answer = new Promise((resolve) => {
      this.#thread.onmessage = ({ data }: MessageEvent<HashAnswer>) => resolve(data);
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

  async digest(): Promise<Uint8Array<ArrayBuffer>> {
    this.#order({ do: "digest", bytes: this.#bytes });
    const answer = await this.#answer;
    if ("problem" in answer) throw new Error(answer.problem);
    return answer.digest;
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
