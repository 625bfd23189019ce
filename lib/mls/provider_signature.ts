import type { CiphersuiteImpl } from "ts-mls";
import { ed25519SeedFromPkcs8, Ed25519Signer, Ed25519Verifier, type RandomSource } from "../crypto/mod.ts";
import { ImportCache } from "./provider_import_cache.ts";

/**
 * Adapts Ed25519 to ts-mls. A private key is a seed of 32 bytes, as RFC 9420's vectors and
 * {@link createProviderSignature} have it, or PKCS#8, as ts-mls' own provider generates it.
 */
export function createProviderSignature(random: RandomSource): CiphersuiteImpl["signature"] {
  const signers = new ImportCache((raw) =>
    new Ed25519Signer(raw.length === 32 ? raw : ed25519SeedFromPkcs8(raw))
  );
  const verifiers = new ImportCache((raw) => new Ed25519Verifier(raw));

  return {
    sign: async (signKey, message) => (await signers.import(signKey)).sign(message),
    verify: async (publicKey, message, signature) =>
      (await verifiers.import(publicKey)).verify(message, signature),

    // deno-lint-ignore require-await
    async keygen() {
      const signKey = random(32);
      const signer = new Ed25519Signer(signKey);
      return { signKey: signers.remember(signKey, signer), publicKey: signer.publicKey() };
    },
  };
}
