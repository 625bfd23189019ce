import { decodeUtf8, encodeUtf8 } from "../../bytes/mod.ts";
import { digest, type RandomSource } from "../../crypto/mod.ts";
import { AesCbcKey, CBC_IV_BYTES, decryptAesCfb, type Dialect, encryptAesCfb } from "../core/mod.ts";
import type { SealedMessage } from "./messages.ts";

/** Seals and opens the messages between two clients. Nothing is authenticated. */
export interface Suite {
  /** Encrypts under a fresh initialisation vector. */
  seal(text: string): Promise<SealedMessage>;
  /**
   * Decrypts.
   *
   * @throws {AuthenticationError} `decryption-failed`, in the original dialect
   * @throws {DecodeError} `utf8-malformed`
   */
  open(message: SealedMessage): Promise<string>;
}

/** Derives a suite: the key is the SHA-256 of the shared secret in decimal. */
export async function deriveSuite(
  dialect: Dialect,
  sharedSecret: bigint,
  random: RandomSource,
): Promise<Suite> {
  const key = deriveKey(sharedSecret);
  return dialect === "documented"
    ? new CfbSuite(key, random)
    : new CbcSuite(await AesCbcKey.import(key), random);
}

/** The key of a session, 32 bytes. */
export function deriveKey(sharedSecret: bigint): Uint8Array<ArrayBuffer> {
  return digest("SHA-256", encodeUtf8(String(sharedSecret)));
}

/** AES-256-CFB, as described. */
class CfbSuite implements Suite {
  readonly #key: Uint8Array;
  readonly #random: RandomSource;

  constructor(key: Uint8Array, random: RandomSource) {
    this.#key = key;
    this.#random = random;
  }

  seal(text: string): Promise<SealedMessage> {
    const iv = this.#random(CBC_IV_BYTES);
    return Promise.resolve({ ciphertext: encryptAesCfb(this.#key, iv, encodeUtf8(text)), iv });
  }

  async open({ ciphertext, iv }: SealedMessage): Promise<string> {
    return await Promise.resolve(decodeUtf8(decryptAesCfb(this.#key, iv, ciphertext)));
  }
}

/** AES-256-CBC with PKCS#7 padding, as published. */
class CbcSuite implements Suite {
  readonly #key: AesCbcKey;
  readonly #random: RandomSource;

  constructor(key: AesCbcKey, random: RandomSource) {
    this.#key = key;
    this.#random = random;
  }

  async seal(text: string): Promise<SealedMessage> {
    const iv = this.#random(CBC_IV_BYTES);
    return { ciphertext: await this.#key.encrypt(iv, encodeUtf8(text)), iv };
  }

  async open({ ciphertext, iv }: SealedMessage): Promise<string> {
    return decodeUtf8(await this.#key.decrypt(iv, ciphertext));
  }
}
