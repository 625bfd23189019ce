import { createCipheriv, createDecipheriv } from "node:crypto";
import { concatBytes, encodeUtf8, equalBytes } from "../../bytes/mod.ts";
import { digest, type RandomSource } from "../../crypto/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import { BLOCK_BYTES, type ChatOpener, MAX_CHAT_BYTES, MIN_CHAT_BYTES } from "./messages.ts";

/** Length in bytes of what each client contributes to the session key. */
export const PART_BYTES = 8;
const HASH_BYTES = 32;
/** The hash is over bytes, and nobody promised that they are UTF-8. */
const lossy = new TextDecoder();
/** The most plaintext that fits into what a published client reads at a time. */
export const MAX_TEXT_BYTES = 975;

/** Puts the session key together: the parts in descending order of the clients' ids, 24 bytes. */
export function combineParts(parts: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const ids = [...parts.keys()].sort().reverse();
  return concatBytes(...ids.map((id) => parts.get(id)!));
}

/**
 * Messages under the session key: AES-192-CBC with PKCS#7 and the SHA-256 of the plaintext, which has no key.
 *
 * ```text
 * IV (16) | AES-192-CBC(session key, plaintext) | SHA-256 of the plaintext (32)
 * ```
 *
 * Messages arrive joined and only their hash tells where one ends, so that opening has to be synchronous; what
 * the runtime has of AES-192 is ECB, and the chaining is done here (NIST SP 800-38A §6.2).
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
    return concatBytes(iv, this.#encrypt(iv, pad(plaintext)), digest("SHA-256", plaintext));
  }

  /** Opens the message at the beginning of the bytes; undefined where there is none that is whole and intact. */
  readonly open: ChatOpener = (bytes) => {
    const usable = Math.min(bytes.length, MAX_CHAT_BYTES) - HASH_BYTES;
    if (usable < MIN_CHAT_BYTES - HASH_BYTES) return undefined;
    const blocks = this.#decrypt(bytes.subarray(0, usable - usable % BLOCK_BYTES));
    for (let end = BLOCK_BYTES; end <= blocks.length; end += BLOCK_BYTES) {
      const plaintext = unpad(blocks.subarray(0, end));
      const hashAt = BLOCK_BYTES + end;
      if (plaintext === undefined || bytes.length < hashAt + HASH_BYTES) continue;
      const hash = bytes.subarray(hashAt, hashAt + HASH_BYTES);
      if (equalBytes(digest("SHA-256", plaintext), hash)) {
        return { text: lossy.decode(plaintext), size: hashAt + HASH_BYTES };
      }
    }
    return undefined;
  };

  #encrypt(iv: Uint8Array, padded: Uint8Array): Uint8Array {
    const ecb = createCipheriv("aes-192-ecb", this.#key, null).setAutoPadding(false);
    const out = new Uint8Array(padded.length);
    let previous = iv;
    for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
      const block = padded.slice(at, at + BLOCK_BYTES);
      xorInto(block, previous);
      out.set(ecb.update(block), at);
      previous = out.subarray(at, at + BLOCK_BYTES);
    }
    return out;
  }

  /** Decrypts IV and ciphertext; the padding stays. */
  #decrypt(bytes: Uint8Array): Uint8Array {
    const ecb = createDecipheriv("aes-192-ecb", this.#key, null).setAutoPadding(false);
    const out = new Uint8Array(ecb.update(bytes.subarray(BLOCK_BYTES)));
    xorInto(out, bytes);
    return out;
  }
}

/** PKCS#7 (RFC 5652 §6.3). */
function pad(plaintext: Uint8Array): Uint8Array {
  const count = BLOCK_BYTES - plaintext.length % BLOCK_BYTES;
  return concatBytes(plaintext, new Uint8Array(count).fill(count));
}

function unpad(padded: Uint8Array): Uint8Array | undefined {
  const count = padded.at(-1)!;
  const valid = count >= 1 && count <= BLOCK_BYTES && padded.subarray(-count).every((byte) => byte === count);
  return valid ? padded.subarray(0, -count) : undefined;
}

function xorInto(target: Uint8Array, mask: Uint8Array): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! ^ mask[i]!;
}
