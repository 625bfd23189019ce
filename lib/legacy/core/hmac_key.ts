import { hash } from "node:crypto";
import { equalBytesConstantTime } from "../../bytes/mod.ts";

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Room for what is signed in all but rare messages; a connection keeps no more. */
const ROOM_BYTES = 1024;
const NOTHING = new Uint8Array(0);

/**
 * HMAC-SHA256 (RFC 2104 §2) under a key that serves for many messages: both pads stay in place, and a message costs
 * two hashes in one native call each. Several times faster than `signHmac` on short messages, of which ddes has two
 * a request. The digests are asked for in hexadecimal since in bytes each would be a buffer outside JavaScript's heap.
 */
export class HmacKey {
  readonly #inner: Uint8Array<ArrayBuffer>;
  readonly #outer: Uint8Array<ArrayBuffer>;
  readonly #innerDigest: Uint8Array<ArrayBuffer>;
  readonly #expected = new Uint8Array(DIGEST_BYTES);

  /** Takes a key of at most 64 bytes. */
  constructor(key: Uint8Array) {
    this.#inner = padded(key, 0x36, BLOCK_BYTES + ROOM_BYTES);
    this.#outer = padded(key, 0x5c, BLOCK_BYTES + DIGEST_BYTES);
    this.#innerDigest = this.#outer.subarray(BLOCK_BYTES);
  }

  /** Computes the HMAC of `prefix` and `data` one after the other, 32 bytes. */
  sign(data: Uint8Array, prefix: Uint8Array = NOTHING): Uint8Array<ArrayBuffer> {
    return Uint8Array.fromHex(this.#compute(data, prefix));
  }

  /** Checks an HMAC in constant time. */
  verify(data: Uint8Array, mac: Uint8Array, prefix: Uint8Array = NOTHING): boolean {
    this.#expected.setFromHex(this.#compute(data, prefix));
    return equalBytesConstantTime(this.#expected, mac);
  }

  /** In hexadecimal. */
  #compute(data: Uint8Array, prefix: Uint8Array): string {
    const dataAt = BLOCK_BYTES + prefix.length, size = dataAt + data.length;
    const inner = size <= this.#inner.length ? this.#inner : this.#innerFor(size);
    inner.set(prefix, BLOCK_BYTES);
    inner.set(data, dataAt);
    this.#innerDigest.setFromHex(hash("sha256", inner.subarray(0, size), "hex"));
    return hash("sha256", this.#outer, "hex");
  }

  #innerFor(size: number): Uint8Array<ArrayBuffer> {
    const larger = new Uint8Array(size);
    larger.set(this.#inner.subarray(0, BLOCK_BYTES));
    return larger;
  }
}

/** The key with zeros up to a block, each byte of it added to the pad; room for what is hashed after it. */
function padded(key: Uint8Array, pad: number, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  out.set(key);
  for (let i = 0; i < BLOCK_BYTES; i++) out[i] = out[i]! ^ pad;
  return out;
}
