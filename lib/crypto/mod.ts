/**
 * Cryptography: hash functions, AEAD, signatures, KEMs, HPKE, password keys, secret bytes. Standards
 * only, on WebCrypto and `node:crypto`.
 *
 * @module
 */
export { type Aead, aes128Gcm, aes256Gcm, chacha20Poly1305, type OpenInput, type SealInput } from "./aead.ts";
export { type AeadAlgorithm, AeadKey } from "./aead_key.ts";
export { createDhkemX25519 } from "./dhkem_x25519.ts";
export { digest } from "./digest.ts";
export {
  type Ed25519KeyPair,
  exportEd25519PrivateKey,
  exportEd25519PublicKey,
  generateEd25519KeyPair,
  importEd25519PrivateKey,
  importEd25519PublicKey,
  signEd25519,
  verifyEd25519,
} from "./ed25519.ts";
export { ed25519SeedFromPkcs8, ed25519SeedToPkcs8 } from "./ed25519_pkcs8.ts";
export { Ed25519Signer, Ed25519Verifier } from "./ed25519_sync.ts";
export {
  checkFiniteFieldValue,
  deriveFiniteFieldPublicValue,
  type FiniteFieldGroup,
  type FiniteFieldKeyPair,
  generateFiniteFieldKeyPair,
  modpGroup14,
} from "./finite_field.ts";
export { type Hashing, type HashName, hashSizes, type MacHashName } from "./hashing.ts";
export { hkdf, hkdfExpand, hkdfExtract, type HkdfOptions } from "./hkdf.ts";
export { signHmac, verifyHmac } from "./hmac.ts";
export {
  createHpke,
  type Hpke,
  type HpkeExportInput,
  type HpkeOpenInput,
  type HpkeRecipient,
  type HpkeSealInput,
  type HpkeSuite,
} from "./hpke.ts";
export { HpkeRecipientContext, HpkeSenderContext } from "./hpke_context.ts";
export { type HpkeSecrets } from "./hpke_key_schedule.ts";
export { hkdfSha256, hkdfSha512, type Kdf } from "./kdf.ts";
export { type Encapsulation, type Kem, KemKey, type KemKeyPair, KemPrivateKey, KemPublicKey } from "./kem.ts";
export { createMlKem768 } from "./ml_kem_768.ts";
export { deriveKeyFromPassword, type PasswordCost } from "./password.ts";
export { type RandomSource, systemRandom } from "./random.ts";
export { SecretBytes } from "./secret_bytes.ts";
export { type ChunkPlace, ChunkStream } from "./stream.ts";
export { webCryptoHashing } from "./web_crypto_hashing.ts";
export { X25519PrivateKey, X25519PublicKey } from "./x25519.ts";
export { createXWing } from "./xwing.ts";
