import { createCipheriv, createDecipheriv } from "node:crypto";
import { concatBytes } from "../../bytes/mod.ts";

const BLOCK_BYTES = 16;

/**
 * Encrypts with AES-CBC and PKCS#7 padding (NIST SP 800-38A §6.2, RFC 5652 §6.3), synchronously and with keys of
 * every size: of AES-192 the runtime has ECB only, so the chaining is done here. It authenticates nothing.
 */
export function encryptAesCbcBlocks(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const ecb = createCipheriv(ecbName(key), key, null).setAutoPadding(false);
  const count = BLOCK_BYTES - plaintext.length % BLOCK_BYTES;
  const out = concatBytes(plaintext, new Uint8Array(count).fill(count));
  let previous = iv;
  for (let at = 0; at < out.length; at += BLOCK_BYTES) {
    const block = out.subarray(at, at + BLOCK_BYTES);
    xorInto(block, previous);
    block.set(ecb.update(block));
    previous = block;
  }
  return out;
}

/** Decrypts whole blocks, `iv` in front of them; the padding stays, since only some of them may be the message. */
export function decryptAesCbcBlocks(key: Uint8Array, ivAndBlocks: Uint8Array): Uint8Array {
  const ecb = createDecipheriv(ecbName(key), key, null).setAutoPadding(false);
  const out = new Uint8Array(ecb.update(ivAndBlocks.subarray(BLOCK_BYTES)));
  xorInto(out, ivAndBlocks);
  return out;
}

/** Takes PKCS#7 padding away; undefined where it is malformed. */
export function unpadPkcs7(padded: Uint8Array): Uint8Array | undefined {
  const count = padded.at(-1)!;
  const valid = count >= 1 && count <= BLOCK_BYTES && padded.subarray(-count).every((byte) => byte === count);
  return valid ? padded.subarray(0, -count) : undefined;
}

function ecbName(key: Uint8Array): "aes-128-ecb" | "aes-192-ecb" | "aes-256-ecb" {
  return key.length === 16 ? "aes-128-ecb" : key.length === 24 ? "aes-192-ecb" : "aes-256-ecb";
}

function xorInto(target: Uint8Array, mask: Uint8Array): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! ^ mask[i]!;
}
