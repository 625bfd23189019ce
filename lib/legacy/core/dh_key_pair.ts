import { createDiffieHellman } from "node:crypto";
import type { RandomSource } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import { decodeBigInteger, encodeBigInteger } from "./big_integer.ts";
import { assertDhPublicValue, type DhGroup } from "./dh_group.ts";

/** What `node:crypto` does for us here. */
type NativeDh = ReturnType<typeof createDiffieHellman>;

/** Twice the strength of a 4,096-bit group and more (RFC 3526 §8); a longer exponent would only cost time. */
const MAX_PRIVATE_BYTES = 64;

/** A Diffie-Hellman key pair; the exponentiation is native. */
export class DhKeyPair {
  /** The group that it belongs to. */
  readonly group: DhGroup;
  /** The public value, big-endian, as long as the modulus. */
  readonly publicValue: Uint8Array<ArrayBuffer>;
  readonly #native: NativeDh;

  /** Uses a private exponent, big-endian. */
  constructor(group: DhGroup, privateExponent: Uint8Array) {
    this.group = group;
    this.#native = createDiffieHellman(
      encodeBigInteger(group.modulus),
      encodeBigInteger(group.generator),
    );
    this.#native.setPrivateKey(privateExponent);
    this.publicValue = padded(this.#native.generateKeys(), group.bytes);
  }

  /** Draws a key pair. */
  static generate(group: DhGroup, random: RandomSource): DhKeyPair {
    for (;;) {
      const exponent = random(Math.min(group.bytes - 1, MAX_PRIVATE_BYTES));
      if (decodeBigInteger(exponent) < 2n) continue;
      return new DhKeyPair(group, exponent);
    }
  }

  /**
   * Computes the shared secret: big-endian, zeros in front up to the length of the modulus.
   *
   * @throws {ProtocolError} `dh-value-refused` where the peer's value is degenerate or not in the group
   */
  computeSecret(peerValue: Uint8Array): Uint8Array<ArrayBuffer> {
    if (peerValue.length > this.group.bytes) {
      throw new ProtocolError("dh-value-refused", "the peer's Diffie-Hellman value is too long");
    }
    assertDhPublicValue(this.group, decodeBigInteger(peerValue));
    return padded(this.#native.computeSecret(peerValue), this.group.bytes);
  }
}

function padded(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  out.set(bytes, length - bytes.length);
  return out;
}
