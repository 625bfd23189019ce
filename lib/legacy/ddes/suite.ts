import { decodeUtf8, encodeHex, encodeUtf8 } from "../../bytes/mod.ts";
import { digest, hkdf } from "../../crypto/mod.ts";
import { type ChannelSuite, Des, DES_BYTES, HmacKey } from "../core/mod.ts";

/** Length in bytes of an HMAC-SHA256. */
export const MAC_BYTES = 32;
const SPACE = 0x20;
const INFO = encodeUtf8("dh key exchange");

/** The cipher suite of ddes: two DES keys out of one Diffie-Hellman secret, and an HMAC under the second. */
export class Suite implements ChannelSuite {
  /** A block of DES. */
  readonly blockBytes: number = DES_BYTES;
  /** SHA-256 of the shared secret in hexadecimal, 64 characters. */
  readonly sessionId: string;
  /** HMAC-SHA256 under the second key. */
  readonly mac: HmacKey;
  readonly #first: Des;
  readonly #second: Des;

  /** Derives the keys: HKDF-SHA256 without salt, info `dh key exchange`, 8 bytes for each. */
  constructor(sharedSecret: Uint8Array) {
    const secret = { ikm: sharedSecret, salt: new Uint8Array(0), info: INFO, length: 2 * DES_BYTES };
    const keys = hkdf("SHA-256", secret);
    this.sessionId = encodeHex(digest("SHA-256", sharedSecret));
    this.#first = new Des(keys.subarray(0, DES_BYTES));
    this.#second = new Des(keys.subarray(DES_BYTES));
    this.mac = new HmacKey(keys.subarray(DES_BYTES));
  }

  /** Encrypts the session id as the original dialect sends it: once, under the first key. */
  sealSessionId(): Uint8Array<ArrayBuffer> {
    return this.#first.encrypt(encodeUtf8(this.sessionId));
  }

  /** Encrypts twice, under both keys, what is padded with spaces to whole blocks, at least one. */
  encrypt(plaintext: Uint8Array): Uint8Array<ArrayBuffer> {
    const padded = new Uint8Array(Math.max(Math.ceil(plaintext.length / DES_BYTES), 1) * DES_BYTES);
    padded.set(plaintext);
    padded.fill(SPACE, plaintext.length);
    return this.#second.encrypt(this.#first.encrypt(padded));
  }

  /** Decrypts what {@link encrypt} encrypted; the spaces stay. */
  decrypt(ciphertext: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#first.decrypt(this.#second.decrypt(ciphertext));
  }
}

/** Reads a text without the spaces that padded it. */
export function decodeText(content: Uint8Array): string {
  return decodeUtf8(content).trimEnd();
}
