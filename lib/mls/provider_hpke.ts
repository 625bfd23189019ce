import type { CiphersuiteImpl } from "ts-mls";
import { type Hpke, KemPrivateKey, KemPublicKey } from "../crypto/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { ImportCache } from "./provider_import_cache.ts";

type LibraryHpke = CiphersuiteImpl["hpke"];

/** What ts-mls asks of HPKE, and what it lacks. */
export interface ProviderHpke extends LibraryHpke {
  /** See `Hpke.sealEach`. */
  sealEach(
    recipients: { publicKey: CryptoKey; plaintext: Uint8Array }[],
    input: { info: Uint8Array },
  ): ReturnType<Hpke["sealEach"]>;
}

/**
 * Adapts HPKE to ts-mls. ts-mls keeps keys as bytes and imports them at every use; here an array that
 * was imported, or that an export gave out, is imported once.
 */
export function createProviderHpke(hpke: Hpke): ProviderHpke {
  const { kem, aead } = hpke;
  const publicKeys = new ImportCache((raw) => kem.importPublicKey(raw));
  const privateKeys = new ImportCache((raw) => kem.importPrivateKey(raw));

  return {
    keyLength: aead.Nk,
    nonceLength: aead.Nn,

    generateKeyPair: () => kem.generateKeyPair(),
    deriveKeyPair: (ikm) => kem.deriveKeyPair(ikm),
    importPublicKey: (raw) => publicKeys.import(raw),
    importPrivateKey: (raw) => privateKeys.import(raw),

    // deno-lint-ignore require-await
    async exportPublicKey(key) {
      const publicKey = asPublicKey(key);
      return publicKeys.remember(kem.exportPublicKey(publicKey), publicKey);
    },

    // deno-lint-ignore require-await
    async exportPrivateKey(key) {
      const privateKey = asPrivateKey(key);
      return privateKeys.remember(kem.exportPrivateKey(privateKey), privateKey);
    },

    async seal(publicKey, plaintext, info, aad) {
      const { enc, ciphertext } = await hpke.seal(asPublicKey(publicKey), { info, plaintext, aad });
      return { enc, ct: ciphertext };
    },

    sealEach: async (recipients, input) =>
      await hpke.sealEach(
        recipients.map(({ publicKey, plaintext }) => ({ publicKey: asPublicKey(publicKey), plaintext })),
        input,
      ),

    open: async (privateKey, enc, ciphertext, info, aad) =>
      await hpke.open(asPrivateKey(privateKey), { enc, info, ciphertext, aad }),

    exportSecret: async (publicKey, exporterContext, length, info) =>
      await hpke.sendExport(asPublicKey(publicKey), { info, exporterContext, length }),

    importSecret: async (privateKey, exporterContext, enc, length, info) =>
      await hpke.receiveExport(asPrivateKey(privateKey), { enc, info, exporterContext, length }),

    encryptAead: async (key, nonce, aad, plaintext) =>
      await aead.seal(aead.importKey(key), { nonce, plaintext, aad }),

    decryptAead: async (key, nonce, aad, ciphertext) =>
      await aead.open(aead.importKey(key), { nonce, ciphertext, aad }),
  };
}

function asPublicKey(key: CryptoKey): KemPublicKey {
  if (key instanceof KemPublicKey) return key;
  throw foreignKey();
}

function asPrivateKey(key: CryptoKey): KemPrivateKey {
  if (key instanceof KemPrivateKey) return key;
  throw foreignKey();
}

function foreignKey(): UsageError {
  return new UsageError("mls-key-foreign", "HPKE key was made by another provider");
}
