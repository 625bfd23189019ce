import { concatBytes, encodeUtf8 } from "../bytes/mod.ts";
import { type AeadKey, aes256Gcm, type RandomSource } from "../crypto/mod.ts";

/**
 * Encrypts single values of a database under one storage key (AES-256-GCM).
 *
 * ```text
 * nonce (12 bytes, random) | ciphertext | tag (16 bytes)
 * ```
 *
 * The place of the value (table and key) is authenticated with it, so that one value cannot be put in the
 * place of another. With random nonces one key is good for 2^32 values (NIST SP 800-38D §8.3).
 */
export class CellCipher {
  readonly #key: AeadKey;
  readonly #random: RandomSource;

  /** Uses a storage key of 32 bytes. */
  constructor(key: Uint8Array, random: RandomSource) {
    this.#key = aes256Gcm.importKey(key);
    this.#random = random;
  }

  /** Encrypts a value for its place. */
  seal(place: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
    const nonce = this.#random(aes256Gcm.Nn);
    return concatBytes(
      nonce,
      aes256Gcm.sealSync(this.#key, { nonce, plaintext: value, aad: encodeUtf8(place) }),
    );
  }

  /**
   * Decrypts a value of a place.
   *
   * @throws {AuthenticationError} where the key is another, or the value was changed or moved
   */
  open(place: string, sealed: Uint8Array): Uint8Array<ArrayBuffer> {
    const nonce = sealed.subarray(0, aes256Gcm.Nn);
    const ciphertext = sealed.subarray(aes256Gcm.Nn);
    return aes256Gcm.openSync(this.#key, { nonce, ciphertext, aad: encodeUtf8(place) });
  }
}
