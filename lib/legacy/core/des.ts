import { createCipheriv, createDecipheriv } from "node:crypto";
import { concatBytes } from "../../bytes/mod.ts";
import { InternalError } from "../../errors/mod.ts";

/** What of a `node:crypto` cipher is used. */
type Blocks = { update(data: Uint8Array): Uint8Array };

/** Length in bytes of a block and of a key. */
export const DES_BYTES = 8;

/**
 * DES in ECB (FIPS 46-3, FIPS 81). The runtime has triple DES in CBC only: with three equal parts of the key it
 * is single DES, and what the chaining adds to a block is known, so that it can be added beforehand or taken
 * away afterwards. One pair of native ciphers serves for all messages.
 */
export class Des {
  readonly #encryptor: Blocks;
  readonly #decryptor: Blocks;
  #encryptorLast: Uint8Array = new Uint8Array(DES_BYTES);
  #decryptorLast: Uint8Array = new Uint8Array(DES_BYTES);

  /** Takes a key of 8 bytes; their parity bits do not matter. */
  constructor(key: Uint8Array) {
    if (key.length !== DES_BYTES) throw new InternalError(`a DES key has ${DES_BYTES} bytes`);
    const triple = concatBytes(key, key, key);
    const iv = new Uint8Array(DES_BYTES);
    this.#encryptor = createCipheriv("des-ede3-cbc", triple, iv).setAutoPadding(false);
    this.#decryptor = createDecipheriv("des-ede3-cbc", triple, iv).setAutoPadding(false);
  }

  /** Encrypts whole blocks. */
  encrypt(plaintext: Uint8Array): Uint8Array<ArrayBuffer> {
    assertBlocks(plaintext);
    const out = new Uint8Array(plaintext.length);
    for (let at = 0; at < plaintext.length; at += DES_BYTES) {
      const block = plaintext.slice(at, at + DES_BYTES);
      xorInto(block, this.#encryptorLast);
      this.#encryptorLast = this.#encryptor.update(block);
      out.set(this.#encryptorLast, at);
    }
    return out;
  }

  /** Decrypts whole blocks. */
  decrypt(ciphertext: Uint8Array): Uint8Array<ArrayBuffer> {
    assertBlocks(ciphertext);
    const out = new Uint8Array(this.#decryptor.update(ciphertext));
    xorInto(out.subarray(0, DES_BYTES), this.#decryptorLast);
    xorInto(out.subarray(DES_BYTES), ciphertext);
    this.#decryptorLast = ciphertext.slice(-DES_BYTES);
    return out;
  }
}

function xorInto(target: Uint8Array, mask: Uint8Array): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! ^ mask[i]!;
}

function assertBlocks(bytes: Uint8Array): void {
  if (bytes.length > 0 && bytes.length % DES_BYTES === 0) return;
  throw new InternalError(`DES takes whole blocks, got ${bytes.length} bytes`);
}
