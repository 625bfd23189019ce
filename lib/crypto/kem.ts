import { UsageError } from "../errors/mod.ts";

/** A KEM's key pair. */
export interface KemKeyPair {
  /** Decapsulates. */
  privateKey: KemPrivateKey;
  /** Encapsulates. */
  publicKey: KemPublicKey;
}

/** What an encapsulation gives. */
export interface Encapsulation {
  /** Nsecret bytes that only the holder of the private key can recover. */
  sharedSecret: Uint8Array<ArrayBuffer>;
  /** Nenc bytes to send along. */
  enc: Uint8Array<ArrayBuffer>;
}

/** A key encapsulation mechanism as HPKE uses it (RFC 9180 §4). */
export interface Kem {
  /** The mechanism's name. */
  readonly name: string;
  /** Its number in the HPKE registry (RFC 9180 §7.1). */
  readonly id: number;
  /** Length of a shared secret in bytes. */
  readonly Nsecret: number;
  /** Length of an encapsulation in bytes. */
  readonly Nenc: number;
  /** Length of a public key in bytes. */
  readonly Npk: number;
  /** Length of a private key in bytes. */
  readonly Nsk: number;

  /** Generates a key pair from the mechanism's random source. */
  generateKeyPair(): Promise<KemKeyPair>;

  /** Derives a key pair from keying material, always the same one (RFC 9180 §7.1.3). */
  deriveKeyPair(ikm: Uint8Array): Promise<KemKeyPair>;

  /**
   * Imports a public key of Npk bytes.
   *
   * @throws {DecodeError} `size-invalid`
   */
  importPublicKey(raw: Uint8Array): Promise<KemPublicKey>;

  /**
   * Imports a private key of Nsk bytes.
   *
   * @throws {DecodeError} `size-invalid`
   */
  importPrivateKey(raw: Uint8Array): Promise<KemPrivateKey>;

  /** Exports the Npk bytes of a public key, as a copy. */
  exportPublicKey(publicKey: KemPublicKey): Uint8Array<ArrayBuffer>;

  /** Exports the Nsk bytes of a private key, as a copy. */
  exportPrivateKey(privateKey: KemPrivateKey): Uint8Array<ArrayBuffer>;

  /**
   * Makes a shared secret for the holder of a public key.
   *
   * @throws {DecodeError} `x25519-public-key-invalid` or `ml-kem-public-key-invalid`
   * @throws {UsageError} `kem-key-foreign`
   */
  encapsulate(publicKey: KemPublicKey): Promise<Encapsulation>;

  /**
   * Recovers the shared secret. ML-KEM answers a forged encapsulation with a secret that nobody
   * knows (FIPS 203 §6.3), so success alone proves nothing about the sender.
   *
   * @throws {AuthenticationError} `decryption-failed`
   * @throws {UsageError} `kem-key-foreign`
   */
  decapsulate(privateKey: KemPrivateKey, enc: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * A KEM's key. It has the shape of a `CryptoKey`, because ts-mls asks for one, but only the KEM that
 * made it can use it. Shows no bytes when printed.
 */
export abstract class KemKey {
  /** Always true. */
  readonly extractable = true;
  /** Name of the KEM. */
  readonly algorithm: KeyAlgorithm;
  readonly #raw: Uint8Array<ArrayBuffer>;

  /** Takes ownership of `raw`. */
  constructor(name: string, raw: Uint8Array<ArrayBuffer>) {
    this.algorithm = { name };
    this.#raw = raw;
  }

  /** The raw key, not a copy. */
  exposeRaw(): Uint8Array<ArrayBuffer> {
    return this.#raw;
  }
}

/** A KEM's public key. */
export abstract class KemPublicKey extends KemKey implements CryptoKey {
  /** Always `public`. */
  readonly type = "public";
  /** Always empty, as WebCrypto has it for public keys. */
  readonly usages: KeyUsage[] = [];
}

/** A KEM's private key. */
export abstract class KemPrivateKey extends KemKey implements CryptoKey {
  /** Always `private`. */
  readonly type = "private";
  /** As WebCrypto has it for key agreement. */
  readonly usages: KeyUsage[] = ["deriveBits"];
}

/** The answer to a key that another KEM made. */
export function kemKeyForeign(expected: string, key: KemKey): UsageError {
  const message = `${expected}: expected a key of this KEM, got one of ${key.algorithm.name}`;
  return new UsageError("kem-key-foreign", message);
}
