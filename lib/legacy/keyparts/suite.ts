import { concatBytes, encodeUtf8, equalBytes } from "../../bytes/mod.ts";
import { digest, type RandomSource } from "../../crypto/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import { decryptAesCbcBlocks, encryptAesCbcBlocks, unpadPkcs7 } from "../core/mod.ts";
import { BLOCK_BYTES, type ChatOpener, HASH_BYTES, MAX_CHAT_BYTES, MIN_CHAT_BYTES } from "./messages.ts";

/** Length in bytes of what each client contributes to the session key. */
export const PART_BYTES = 8;
/** The most plaintext that fits into what a published client reads at a time. */
const MAX_TEXT_BYTES = 975;
/** The hash is over bytes, and nobody promised that they are UTF-8. */
const lossy = new TextDecoder();

/** Puts the session key together: the parts in descending order of the clients' ids, 24 bytes. */
export function combineParts(parts: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const ids = [...parts.keys()].sort().reverse();
  return concatBytes(...ids.map((id) => parts.get(id)!));
}

/**
 * Messages under the session key: AES-192-CBC with PKCS#7 and the SHA-256 of the plaintext, which has no key.
 * Messages arrive joined and only their hash tells where one ends, so that opening has to be synchronous.
 *
 * ```text
 * IV (16) | AES-192-CBC(session key, plaintext) | SHA-256 of the plaintext (32)
 * ```
 */
export class SessionCipher {
  readonly #key: Uint8Array;

  /** Takes the session key of 24 bytes. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /**
   * Seals a text.
   *
   * @throws {UsageError} `message-too-long` at more than 975 bytes
   */
  seal(text: string, random: RandomSource): Uint8Array<ArrayBuffer> {
    const plaintext = encodeUtf8(text);
    if (plaintext.length > MAX_TEXT_BYTES) {
      throw new UsageError("message-too-long", `a message has at most ${MAX_TEXT_BYTES} bytes of UTF-8`);
    }
    const iv = random(BLOCK_BYTES);
    return concatBytes(iv, encryptAesCbcBlocks(this.#key, iv, plaintext), digest("SHA-256", plaintext));
  }

  /** Opens the message at the beginning of the bytes; undefined where there is none that is whole and intact. */
  readonly open: ChatOpener = (bytes) => {
    const usable = Math.min(bytes.length, MAX_CHAT_BYTES) - HASH_BYTES;
    if (usable < MIN_CHAT_BYTES - HASH_BYTES) return undefined;
    const blocks = decryptAesCbcBlocks(this.#key, bytes.subarray(0, usable - usable % BLOCK_BYTES));
    for (let end = BLOCK_BYTES; end <= blocks.length; end += BLOCK_BYTES) {
      const plaintext = unpadPkcs7(blocks.subarray(0, end));
      const hashAt = BLOCK_BYTES + end, size = hashAt + HASH_BYTES;
      if (plaintext === undefined || bytes.length < size) continue;
      if (!equalBytes(digest("SHA-256", plaintext), bytes.subarray(hashAt, size))) continue;
      return { text: lossy.decode(plaintext), size };
    }
    return undefined;
  };
}
