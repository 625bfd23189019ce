import { encodeHex, encodeUtf8 } from "../../bytes/mod.ts";
import { digest, hkdf } from "../../crypto/mod.ts";
import { Des, DES_BYTES, HmacKey } from "../core/mod.ts";

/** Length in bytes of an HMAC-SHA256. */
export const MAC_BYTES = 32;

const SPACE = 0x20;
const INFO = encodeUtf8("dh key exchange");

/** The cipher suite of ddes: two DES keys out of one Diffie-Hellman secret. */
export class Suite {
  /** SHA-256 of the shared secret in hexadecimal, 64 characters. */
  readonly sessionId: string;
  readonly #first: Des;
  readonly #second: Des;
  readonly #mac: HmacKey;

  /** Derives the keys: HKDF-SHA256 without salt, info `dh key exchange`, 8 bytes for each. */
  constructor(sharedSecret: Uint8Array) {
    const keys = hkdf("SHA-256", {
      ikm: sharedSecret,
      salt: new Uint8Array(0),
      info: INFO,
      length: 2 * DES_BYTES,
    });
    this.sessionId = encodeHex(digest("SHA-256", sharedSecret));
    this.#first = new Des(keys.subarray(0, DES_BYTES));
    this.#second = new Des(keys.subarray(DES_BYTES));
    this.#mac = new HmacKey(keys.subarray(DES_BYTES));
  }

  /** Encrypts whole blocks once, under the first key, as the session id is sent. */
  encryptOnce(plaintext: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#first.encrypt(plaintext);
  }

  /** Decrypts what {@link encryptOnce} encrypted. */
  decryptOnce(ciphertext: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#first.decrypt(ciphertext);
  }

  /** Encrypts twice, under both keys, what is padded with spaces to whole blocks. */
  encrypt(plaintext: Uint8Array): Uint8Array<ArrayBuffer> {
    const padded = new Uint8Array(Math.ceil(plaintext.length / DES_BYTES) * DES_BYTES);
    padded.set(plaintext);
    padded.fill(SPACE, plaintext.length);
    return this.#second.encrypt(this.#first.encrypt(padded));
  }

  /** Decrypts what {@link encrypt} encrypted; the spaces stay. */
  decrypt(ciphertext: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#first.decrypt(this.#second.decrypt(ciphertext));
  }

  /** HMAC-SHA256 under the second key, over `prefix`, where there is one, and `data`. */
  sign(data: Uint8Array, prefix?: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#mac.sign(data, prefix);
  }

  /** Checks what {@link sign} made, in constant time. */
  verify(data: Uint8Array, mac: Uint8Array, prefix?: Uint8Array): boolean {
    return this.#mac.verify(data, mac, prefix);
  }
}
