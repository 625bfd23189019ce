import { createCipheriv, createDecipheriv } from "node:crypto";
import type { AeadKey } from "./aead_key.ts";
import { decryptionFailed } from "./decryption_failed.ts";

const authTagLength = 16;
/**
 * What is given to the cipher at once for sealing into memory that is there. The cipher answers with new memory each
 * time, and to get that for a long text costs more than to cut it: of 256 KiB, a tenth of the whole.
 */
const PIECE_BYTES = 64 * 1024;

/** Seals on `node:crypto`, synchronously. */
export function sealOnNode(
  key: AeadKey,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array<ArrayBuffer> = new Uint8Array(plaintext.length + authTagLength),
): Uint8Array<ArrayBuffer> {
  const cipher = createCipher(key, nonce);
  if (aad.length > 0) cipher.setAAD(aad, { plaintextLength: plaintext.length });
  for (let at = 0; at < plaintext.length; at += PIECE_BYTES) {
    sealed.set(cipher.update(plaintext.subarray(at, at + PIECE_BYTES)), at);
  }
  cipher.final();
  sealed.set(cipher.getAuthTag(), plaintext.length);
  return sealed;
}

/**
 * Opens on `node:crypto`, synchronously. Nothing is released before the tag has been checked.
 *
 * @throws {AuthenticationError} `decryption-failed`
 */
export function openOnNode(
  key: AeadKey,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const length = ciphertext.length - authTagLength;
  if (length < 0) throw decryptionFailed();
  const decipher = createDecipher(key, nonce);
  if (aad.length > 0) decipher.setAAD(aad, { plaintextLength: length });
  decipher.setAuthTag(ciphertext.subarray(length));
  const plaintext = ownBytes(decipher.update(ciphertext.subarray(0, length)));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw decryptionFailed();
  }
  return plaintext;
}

/** Small buffers of the runtime are views on shared ones; a large one has its bytes to itself and need not be copied. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, length } = bytes;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  return isOwn ? new Uint8Array(buffer) : new Uint8Array(bytes);
}

// The overloads of node:crypto tell GCM from ChaCha20-Poly1305 by the literal name.
function createCipher(key: AeadKey, nonce: Uint8Array) {
  const { node } = key.algorithm;
  return node === "chacha20-poly1305"
    ? createCipheriv(node, key.exposeRaw(), nonce, { authTagLength })
    : createCipheriv(node, key.exposeRaw(), nonce, { authTagLength });
}

function createDecipher(key: AeadKey, nonce: Uint8Array) {
  const { node } = key.algorithm;
  return node === "chacha20-poly1305"
    ? createDecipheriv(node, key.exposeRaw(), nonce, { authTagLength })
    : createDecipheriv(node, key.exposeRaw(), nonce, { authTagLength });
}
