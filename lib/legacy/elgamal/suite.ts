import { decodeUtf8, encodeUtf8 } from "../../bytes/mod.ts";
import { digest, type RandomSource } from "../../crypto/mod.ts";
import {
  CBC_IV_BYTES,
  decryptAes256Cbc,
  decryptAesCfb,
  type Dialect,
  encryptAes256Cbc,
  encryptAesCfb,
} from "../core/mod.ts";
import type { SealedMessage } from "./messages.ts";

/** AES-256-CFB is described, AES-256-CBC with PKCS#7 padding was published. */
const MODES = {
  documented: { encrypt: encryptAesCfb, decrypt: decryptAesCfb },
  original: { encrypt: encryptAes256Cbc, decrypt: decryptAes256Cbc },
};

/** The key of a session, 32 bytes: the SHA-256 of the shared secret in decimal. */
export function deriveKey(sharedSecret: bigint): Uint8Array<ArrayBuffer> {
  return digest("SHA-256", encodeUtf8(String(sharedSecret)));
}

/** Seals and opens the messages between two clients. Nothing is authenticated. */
export class Suite {
  readonly #mode: typeof MODES[Dialect];
  readonly #key: Uint8Array;
  readonly #random: RandomSource;

  /** Derives the key. */
  constructor(dialect: Dialect, sharedSecret: bigint, random: RandomSource) {
    this.#mode = MODES[dialect];
    this.#key = deriveKey(sharedSecret);
    this.#random = random;
  }

  /** Encrypts under a fresh initialisation vector. */
  seal(text: string): SealedMessage {
    const iv = this.#random(CBC_IV_BYTES);
    return { ciphertext: this.#mode.encrypt(this.#key, iv, encodeUtf8(text)), iv };
  }

  /**
   * Decrypts.
   *
   * @throws {AuthenticationError} `decryption-failed`, in the original dialect
   * @throws {DecodeError} `utf8-malformed`
   */
  open({ ciphertext, iv }: SealedMessage): string {
    return decodeUtf8(this.#mode.decrypt(this.#key, iv, ciphertext));
  }
}
