import { AuthenticationError } from "../../errors/mod.ts";

/** Length in bytes of an initialisation vector. */
export const CBC_IV_BYTES = 16;

/** AES-CBC with PKCS#7 padding (NIST SP 800-38A §6.2, RFC 5652 §6.3), on WebCrypto: it authenticates nothing. */
export class AesCbcKey {
  readonly #key: CryptoKey;

  private constructor(key: CryptoKey) {
    this.#key = key;
  }

  /** Imports a key of 16, 24 or 32 bytes. */
  static async import(key: Uint8Array): Promise<AesCbcKey> {
    return new AesCbcKey(
      await crypto.subtle.importKey("raw", new Uint8Array(key), "AES-CBC", false, ["encrypt", "decrypt"]),
    );
  }

  /** Encrypts under an initialisation vector that must be unpredictable. */
  async encrypt(iv: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const algorithm = { name: "AES-CBC", iv: new Uint8Array(iv) };
    return new Uint8Array(await crypto.subtle.encrypt(algorithm, this.#key, new Uint8Array(plaintext)));
  }

  /**
   * Decrypts.
   *
   * @throws {AuthenticationError} `decryption-failed`
   */
  async decrypt(iv: Uint8Array, ciphertext: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const algorithm = { name: "AES-CBC", iv: new Uint8Array(iv) };
    try {
      return new Uint8Array(await crypto.subtle.decrypt(algorithm, this.#key, new Uint8Array(ciphertext)));
    } catch {
      throw new AuthenticationError("decryption-failed", "decryption failed");
    }
  }
}
