import type { HpkeSecrets } from "./hpke_key_schedule.ts";

/**
 * The sender's end of an HPKE context (RFC 9180 §5.2). Synchronous, so that no two calls can take
 * the same sequence number; meant for messages of a few kilobytes.
 */
export class HpkeSenderContext {
  /** The encapsulation that the recipient needs. */
  readonly enc: Uint8Array<ArrayBuffer>;
  readonly #secrets: HpkeSecrets;
  #sequence = 0n;

  /** Made by `Hpke.setupSender`. */
  constructor(secrets: HpkeSecrets, enc: Uint8Array<ArrayBuffer>) {
    this.#secrets = secrets;
    this.enc = enc;
  }

  /** Encrypts the next message. */
  seal(plaintext: Uint8Array, aad?: Uint8Array): Uint8Array<ArrayBuffer> {
    const { aead, key, baseNonce } = this.#secrets;
    return aead.sealSync(key, { nonce: computeNonce(baseNonce, this.#sequence++), plaintext, aad });
  }

  /**
   * Makes a secret that the recipient's context can make too (RFC 9180 §5.3).
   *
   * @throws {UsageError} `hkdf-length-invalid`
   */
  export(exporterContext: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
    return this.#secrets.exportSecret(exporterContext, length);
  }
}

/** The recipient's end of an HPKE context; see {@link HpkeSenderContext}. */
export class HpkeRecipientContext {
  readonly #secrets: HpkeSecrets;
  #sequence = 0n;

  /** Made by `Hpke.setupRecipient`. */
  constructor(secrets: HpkeSecrets) {
    this.#secrets = secrets;
  }

  /**
   * Decrypts the next message. A failed one does not count.
   *
   * @throws {AuthenticationError} `decryption-failed`
   */
  open(ciphertext: Uint8Array, aad?: Uint8Array): Uint8Array<ArrayBuffer> {
    const { aead, key, baseNonce } = this.#secrets;
    const nonce = computeNonce(baseNonce, this.#sequence);
    const plaintext = aead.openSync(key, { nonce, ciphertext, aad });
    this.#sequence++;
    return plaintext;
  }

  /**
   * Makes a secret that the sender's context can make too (RFC 9180 §5.3).
   *
   * @throws {UsageError} `hkdf-length-invalid`
   */
  export(exporterContext: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
    return this.#secrets.exportSecret(exporterContext, length);
  }
}

/**
 * ComputeNonce (RFC 9180 §5.2). The sequence number cannot reach the limit of 2^96 messages, and the
 * low 64 bits that are XORed here cannot run over either.
 */
function computeNonce(baseNonce: Uint8Array, sequence: bigint): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(baseNonce);
  const view = new DataView(nonce.buffer);
  const offset = nonce.length - 8;
  view.setBigUint64(offset, view.getBigUint64(offset) ^ sequence);
  return nonce;
}
