import type { AeadKey } from "./aead_key.ts";
import { decryptionFailed } from "./decryption_failed.ts";
import { subtle, toBufferSource } from "./subtle.ts";

/** Seals on WebCrypto. */
export async function sealOnWebCrypto(
  key: AeadKey,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const cryptoKey = await key.cryptoKey();
  return new Uint8Array(await subtle.encrypt(params(key, nonce, aad), cryptoKey, toBufferSource(plaintext)));
}

/**
 * Opens on WebCrypto.
 *
 * @throws {AuthenticationError} `decryption-failed`
 */
export async function openOnWebCrypto(
  key: AeadKey,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const cryptoKey = await key.cryptoKey();
  try {
    return new Uint8Array(
      await subtle.decrypt(params(key, nonce, aad), cryptoKey, toBufferSource(ciphertext)),
    );
  } catch {
    throw decryptionFailed();
  }
}

function params(key: AeadKey, nonce: Uint8Array, aad: Uint8Array): AesGcmParams {
  return {
    name: key.algorithm.webCrypto,
    iv: toBufferSource(nonce),
    additionalData: toBufferSource(aad),
    tagLength: 128,
  };
}
