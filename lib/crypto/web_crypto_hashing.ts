import { equalBytesConstantTime } from "../bytes/mod.ts";
import { assertHkdfLength } from "./hkdf.ts";
import { type Hashing, hashSizes, type MacHashName } from "./hashing.ts";
import { subtle, toBufferSource } from "./subtle.ts";

/**
 * Hash functions on WebCrypto: the asynchronous twin of `digest`, `signHmac`, `verifyHmac`,
 * `hkdfExtract` and `hkdfExpand`, for large inputs, and what those are tested against.
 */
export const webCryptoHashing: Hashing<Promise<Uint8Array<ArrayBuffer>>, Promise<boolean>> = {
  async digest(hash, data) {
    return new Uint8Array(await subtle.digest(hash, toBufferSource(data)));
  },

  signHmac,

  async verifyHmac(hash, key, data, mac) {
    return equalBytesConstantTime(await signHmac(hash, key, data), mac);
  },

  hkdfExtract(hash, salt, ikm) {
    return signHmac(hash, salt, ikm);
  },

  async hkdfExpand(hash, prk, info, length) {
    assertHkdfLength(hash, length);
    const size = hashSizes[hash];
    const out = new Uint8Array(length);
    let previous = new Uint8Array(0);
    for (let offset = 0, i = 1; offset < length; offset += size, i++) {
      const block = new Uint8Array(previous.length + info.length + 1);
      block.set(previous);
      block.set(info, previous.length);
      block[block.length - 1] = i;
      previous = await signHmac(hash, prk, block);
      out.set(previous.subarray(0, length - offset), offset);
    }
    return out;
  },
};

async function signHmac(
  hash: MacHashName,
  key: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  // WebCrypto refuses an empty key. HMAC pads every key with zeros, so one zero byte is the same key.
  const keyData = key.length === 0 ? new Uint8Array(1) : toBufferSource(key);
  const cryptoKey = await subtle.importKey("raw", keyData, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", cryptoKey, toBufferSource(data)));
}
