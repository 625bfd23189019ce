import type { Aead } from "./aead.ts";
import { HpkeRecipientContext, HpkeSenderContext } from "./hpke_context.ts";
import { createKeySchedule } from "./hpke_key_schedule.ts";
import type { Kdf } from "./kdf.ts";
import type { Kem, KemPrivateKey, KemPublicKey } from "./kem.ts";

/** The three algorithms that make an HPKE suite. */
export interface HpkeSuite {
  /** Key encapsulation. */
  kem: Kem;
  /** Key derivation. */
  kdf: Kdf;
  /** Encryption. */
  aead: Aead;
}

/** What {@link Hpke.seal} takes. */
export interface HpkeSealInput {
  /** What the message is for; the recipient must say the same. */
  info: Uint8Array;
  /** What to encrypt. */
  plaintext: Uint8Array;
  /** Authenticated but not encrypted; empty by default. */
  aad?: Uint8Array;
}

/** A recipient of {@link Hpke.sealEach}. */
export interface HpkeRecipient {
  /** Whose. */
  publicKey: KemPublicKey;
  /** What to encrypt to it. */
  plaintext: Uint8Array;
}

/** What {@link Hpke.open} takes. */
export interface HpkeOpenInput {
  /** The sender's encapsulation. */
  enc: Uint8Array;
  /** As the sender said it. */
  info: Uint8Array;
  /** What to decrypt. */
  ciphertext: Uint8Array;
  /** As the sender said it; empty by default. */
  aad?: Uint8Array;
}

/** What {@link Hpke.sendExport} takes. */
export interface HpkeExportInput {
  /** What the context is for. */
  info: Uint8Array;
  /** What the secret is for. */
  exporterContext: Uint8Array;
  /** Length of the secret in bytes. */
  length: number;
}

/** Hybrid public key encryption in base mode (RFC 9180 §5.1.1, §6). */
export interface Hpke extends HpkeSuite {
  /**
   * Encrypts one message to a public key (RFC 9180 §6.1).
   *
   * @throws {DecodeError} as `Kem.encapsulate`
   */
  seal(
    publicKey: KemPublicKey,
    input: HpkeSealInput,
  ): Promise<{ enc: Uint8Array<ArrayBuffer>; ciphertext: Uint8Array<ArrayBuffer> }>;

  /**
   * Encrypts a message to each of many public keys like {@link Hpke.seal}, in the same order; `info` is hashed once.
   *
   * @throws {DecodeError} as `Kem.encapsulate`
   */
  sealEach(
    recipients: readonly HpkeRecipient[],
    input: Omit<HpkeSealInput, "plaintext">,
  ): Promise<{ enc: Uint8Array<ArrayBuffer>; ciphertext: Uint8Array<ArrayBuffer> }[]>;

  /**
   * Decrypts one message (RFC 9180 §6.1).
   *
   * @throws {AuthenticationError} `decryption-failed`
   * @throws {DecodeError} `size-invalid` for `enc`
   */
  open(privateKey: KemPrivateKey, input: HpkeOpenInput): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * Makes a secret that the holder of the private key can make too (RFC 9180 §6.2).
   *
   * @throws {DecodeError} as `Kem.encapsulate`
   */
  sendExport(
    publicKey: KemPublicKey,
    input: HpkeExportInput,
  ): Promise<{ enc: Uint8Array<ArrayBuffer>; secret: Uint8Array<ArrayBuffer> }>;

  /**
   * Makes the secret of {@link Hpke.sendExport} (RFC 9180 §6.2).
   *
   * @throws {AuthenticationError} `decryption-failed`
   * @throws {DecodeError} `size-invalid` for `enc`
   */
  receiveExport(
    privateKey: KemPrivateKey,
    input: HpkeExportInput & { enc: Uint8Array },
  ): Promise<Uint8Array<ArrayBuffer>>;

  /** SetupBaseS (RFC 9180 §5.1.1): a context for many messages to one recipient. */
  setupSender(publicKey: KemPublicKey, info: Uint8Array): Promise<HpkeSenderContext>;

  /** SetupBaseR (RFC 9180 §5.1.1). */
  setupRecipient(
    privateKey: KemPrivateKey,
    input: { enc: Uint8Array; info: Uint8Array },
  ): Promise<HpkeRecipientContext>;
}

/** Makes HPKE in base mode of three algorithms. */
export function createHpke({ kem, kdf, aead }: HpkeSuite): Hpke {
  const keySchedule = createKeySchedule(kem.id, kdf, aead);

  async function setupSender(publicKey: KemPublicKey, info: Uint8Array): Promise<HpkeSenderContext> {
    const { sharedSecret, enc } = await kem.encapsulate(publicKey);
    return new HpkeSenderContext(keySchedule.derive(sharedSecret, keySchedule.hashInfo(info)), enc);
  }

  async function setupRecipient(
    privateKey: KemPrivateKey,
    { enc, info }: { enc: Uint8Array; info: Uint8Array },
  ): Promise<HpkeRecipientContext> {
    const sharedSecret = await kem.decapsulate(privateKey, enc);
    return new HpkeRecipientContext(keySchedule.derive(sharedSecret, keySchedule.hashInfo(info)));
  }

  return {
    kem,
    kdf,
    aead,
    setupSender,
    setupRecipient,

    async seal(publicKey, { info, plaintext, aad }) {
      const context = await setupSender(publicKey, info);
      return { enc: context.enc, ciphertext: context.seal(plaintext, aad) };
    },

    sealEach(recipients, { info, aad }) {
      const infoContext = keySchedule.hashInfo(info);
      return Promise.all(recipients.map(async ({ publicKey, plaintext }) => {
        const { sharedSecret, enc } = await kem.encapsulate(publicKey);
        const context = new HpkeSenderContext(keySchedule.derive(sharedSecret, infoContext), enc);
        return { enc, ciphertext: context.seal(plaintext, aad) };
      }));
    },

    async open(privateKey, { enc, info, ciphertext, aad }) {
      const context = await setupRecipient(privateKey, { enc, info });
      return context.open(ciphertext, aad);
    },

    async sendExport(publicKey, { info, exporterContext, length }) {
      const context = await setupSender(publicKey, info);
      return { enc: context.enc, secret: context.export(exporterContext, length) };
    },

    async receiveExport(privateKey, { enc, info, exporterContext, length }) {
      const context = await setupRecipient(privateKey, { enc, info });
      return context.export(exporterContext, length);
    },
  };
}
