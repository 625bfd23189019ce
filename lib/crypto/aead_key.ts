import { UsageError } from "../errors/mod.ts";
import { assertSize } from "./size.ts";
import { subtle } from "./subtle.ts";

/** An AEAD algorithm by its names in the two libraries. */
export interface AeadAlgorithm {
  /** Name with key size. */
  readonly name: string;
  /** Number in the HPKE registry. */
  readonly id: number;
  /** Length of a key in bytes. */
  readonly Nk: number;
  /** Name in WebCrypto. */
  readonly webCrypto: "AES-GCM" | "ChaCha20-Poly1305";
  /** Name in `node:crypto`. */
  readonly node: "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305";
}

/** A key of one AEAD algorithm; made by `importKey` of that algorithm. Shows no bytes when printed. */
export class AeadKey {
  readonly #algorithm: AeadAlgorithm;
  readonly #raw: Uint8Array<ArrayBuffer>;
  #cryptoKey: Promise<CryptoKey> | undefined;

  /**
   * Copies the raw key.
   *
   * @throws {DecodeError} `size-invalid`
   */
  constructor(algorithm: AeadAlgorithm, raw: Uint8Array) {
    assertSize(`${algorithm.name} key`, raw, algorithm.Nk);
    this.#algorithm = algorithm;
    this.#raw = new Uint8Array(raw);
  }

  /** The algorithm that the key is for. */
  get algorithm(): AeadAlgorithm {
    return this.#algorithm;
  }

  /** The raw key, not a copy. */
  exposeRaw(): Uint8Array<ArrayBuffer> {
    return this.#raw;
  }

  /** The key as WebCrypto wants it; imported when first needed and then kept. */
  cryptoKey(): Promise<CryptoKey> {
    this.#cryptoKey ??= importCryptoKey(this.#algorithm, this.#raw);
    return this.#cryptoKey;
  }

  /**
   * Refuses a key of another algorithm.
   *
   * @throws {UsageError} `aead-key-foreign`
   */
  assertAlgorithm(algorithm: AeadAlgorithm): void {
    if (this.#algorithm === algorithm) return;
    const message = `${algorithm.name}: expected a key of this algorithm, got one of ${this.#algorithm.name}`;
    throw new UsageError("aead-key-foreign", message);
  }
}

function importCryptoKey(algorithm: AeadAlgorithm, raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const usages: KeyUsage[] = ["encrypt", "decrypt"];
  return algorithm.webCrypto === "AES-GCM"
    ? subtle.importKey("raw", raw, algorithm.webCrypto, false, usages)
    : subtle.importKey("raw-secret", raw, algorithm.webCrypto, false, usages);
}
