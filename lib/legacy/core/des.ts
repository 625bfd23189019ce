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
  /** Ciphertext of the last block that was encrypted. */
  readonly #encryptorLast = new Uint8Array(DES_BYTES);
  readonly #decryptorLast = new Uint8Array(DES_BYTES);
  /** What the encryptor is given, in one array for all blocks. */
  readonly #block = new Uint8Array(DES_BYTES);

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
    const block = this.#block, last = this.#encryptorLast;
    const out = new Uint8Array(plaintext.length);
    for (let at = 0; at < plaintext.length; at += DES_BYTES) {
      for (let i = 0; i < DES_BYTES; i++) block[i] = plaintext[at + i]! ^ last[i]!;
      const sealed = this.#encryptor.update(block);
      for (let i = 0; i < DES_BYTES; i++) out[at + i] = last[i] = sealed[i]!;
    }
    return out;
  }

  /** Decrypts whole blocks. */
  decrypt(ciphertext: Uint8Array): Uint8Array<ArrayBuffer> {
    assertBlocks(ciphertext);
    const chained = this.#decryptor.update(ciphertext), last = this.#decryptorLast;
    const out = new Uint8Array(ciphertext.length), end = out.length - DES_BYTES;
    for (let i = 0; i < DES_BYTES; i++) {
      out[i] = chained[i]! ^ last[i]!;
      last[i] = ciphertext[end + i]!;
    }
    for (let i = DES_BYTES; i < out.length; i++) out[i] = chained[i]! ^ ciphertext[i - DES_BYTES]!;
    return out;
  }
}

function assertBlocks(bytes: Uint8Array): void {
  if (bytes.length > 0 && bytes.length % DES_BYTES === 0) return;
  throw new InternalError(`DES takes whole blocks, got ${bytes.length} bytes`);
}
