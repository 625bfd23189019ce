import { decodeUtf8, encodeUtf8 } from "../../bytes/mod.ts";
import { type AeadKey, aes256Gcm, hkdf, type RandomSource } from "../../crypto/mod.ts";
import { AuthenticationError, DecodeError } from "../../errors/mod.ts";
import { type DhKeyPair, encodeFrame } from "../core/mod.ts";

const INFO = encodeUtf8("aes-key-derivation");
const IV_BYTES = aes256Gcm.Nn;

/** How much longer a frame's body is than its text. */
export const SEAL_BYTES: number = IV_BYTES + aes256Gcm.Nt;

/** The cipher suite of dh-aes: one AES-256-GCM key, both ways, out of one Diffie-Hellman secret. */
export class Suite {
  readonly #key: AeadKey;
  readonly #random: RandomSource;

  /** Derives the key: HKDF-SHA256 without salt, info `aes-key-derivation`, 32 bytes. */
  constructor(sharedSecret: Uint8Array, random: RandomSource) {
    const secret = { ikm: sharedSecret, salt: new Uint8Array(0), info: INFO, length: aes256Gcm.Nk };
    this.#key = aes256Gcm.importKey(hkdf("SHA-256", secret));
    this.#random = random;
  }

  /**
   * Agrees with the other end, whose public value is the body of its first frame.
   *
   * @throws {DecodeError} `dh-value-malformed`
   * @throws {ProtocolError} `dh-value-refused`
   */
  static agree(keys: DhKeyPair, body: Uint8Array, random: RandomSource): Suite {
    const { bytes } = keys.group;
    if (body.length === bytes) return new Suite(keys.computeSecret(body), random);
    throw new DecodeError("dh-value-malformed", `a Diffie-Hellman value has ${bytes} bytes`);
  }

  /**
   * Seals a text into a frame.
   *
   * ```text
   * length (4) | IV (12) | ciphertext | tag (16)
   * ```
   */
  seal(text: string): Uint8Array<ArrayBuffer> {
    const nonce = this.#random(IV_BYTES);
    return encodeFrame(nonce, aes256Gcm.sealSync(this.#key, { nonce, plaintext: encodeUtf8(text) }));
  }

  /**
   * Opens a frame's body, of which it keeps no view.
   *
   * @throws {AuthenticationError} `decryption-failed`
   * @throws {DecodeError} `utf8-malformed`
   */
  open(body: Uint8Array): string {
    if (body.length < SEAL_BYTES) throw new AuthenticationError("decryption-failed", "decryption failed");
    const nonce = body.subarray(0, IV_BYTES);
    return decodeUtf8(aes256Gcm.openSync(this.#key, { nonce, ciphertext: body.subarray(IV_BYTES) }));
  }
}
