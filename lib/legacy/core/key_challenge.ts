import { equalBytesConstantTime } from "../../bytes/mod.ts";
import type { RandomSource } from "../../crypto/mod.ts";
import { encryptOaep } from "./rsa.ts";
import { parseRsaPublicKey } from "./rsa_key.ts";

const NONCE_BYTES = 32;

/** A challenge that whoever holds the private key to a public one can meet: to decrypt 32 random bytes. */
export class KeyChallenge {
  /** The key that is challenged, in PEM. */
  readonly publicKeyPem: string;
  /** What has to be decrypted, RSA-OAEP. */
  readonly ciphertext: Uint8Array<ArrayBuffer>;
  readonly #nonce: Uint8Array;

  /**
   * Draws the bytes.
   *
   * @throws {DecodeError} `key-malformed`, `key-unsupported`
   */
  constructor(publicKeyPem: string, random: RandomSource) {
    this.publicKeyPem = publicKeyPem;
    this.#nonce = random(NONCE_BYTES);
    this.ciphertext = encryptOaep(parseRsaPublicKey(publicKeyPem), this.#nonce);
  }

  /** Whether the answer is right and about this key; ask once, and draw another challenge then. */
  isMetBy(publicKeyPem: string, plaintext: Uint8Array): boolean {
    return publicKeyPem === this.publicKeyPem && equalBytesConstantTime(plaintext, this.#nonce);
  }
}
