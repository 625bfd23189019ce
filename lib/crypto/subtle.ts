/** What the runtime's WebCrypto has and TypeScript's types lack yet. Declared here and nowhere else. */
interface ModernSubtleCrypto {
  importKey(
    format: "raw-seed" | "raw-public",
    keyData: Uint8Array<ArrayBuffer>,
    algorithm: "ML-KEM-768",
    extractable: boolean,
    usages: ("encapsulateBits" | "decapsulateBits")[],
  ): Promise<CryptoKey>;
  importKey(
    format: "raw-secret",
    keyData: Uint8Array<ArrayBuffer>,
    algorithm: "Argon2id" | "ChaCha20-Poly1305",
    extractable: boolean,
    usages: KeyUsage[],
  ): Promise<CryptoKey>;
  exportKey(format: "raw-public", key: CryptoKey): Promise<ArrayBuffer>;
  getPublicKey(privateKey: CryptoKey, usages: ["encapsulateBits"]): Promise<CryptoKey>;
  encapsulateBits(
    algorithm: "ML-KEM-768",
    publicKey: CryptoKey,
  ): Promise<{ ciphertext: ArrayBuffer; sharedKey: ArrayBuffer }>;
  decapsulateBits(
    algorithm: "ML-KEM-768",
    privateKey: CryptoKey,
    ciphertext: Uint8Array<ArrayBuffer>,
  ): Promise<ArrayBuffer>;
  deriveBits(algorithm: Argon2Params, key: CryptoKey, length: number): Promise<ArrayBuffer>;
}

interface Argon2Params {
  name: "Argon2id";
  nonce: Uint8Array<ArrayBuffer>;
  memory: number;
  passes: number;
  parallelism: number;
}

/** WebCrypto with the algorithms of "Modern Algorithms in the Web Cryptography API" that we use. */
export const subtle: SubtleCrypto & ModernSubtleCrypto = crypto.subtle as
  & SubtleCrypto
  & ModernSubtleCrypto;

/** Narrows bytes to what WebCrypto accepts; copies only where they lie in shared memory. */
export function toBufferSource(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return isUnshared(bytes) ? bytes : new Uint8Array(bytes);
}

function isUnshared(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer;
}
