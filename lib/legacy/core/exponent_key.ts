import type { RandomSource } from "../../crypto/mod.ts";
import { decodeBigInteger, encodeBigInteger } from "./big_integer.ts";
import { assertDhPublicValue, type DhGroup } from "./dh_group.ts";
import { DhKeyPair } from "./dh_key_pair.ts";
import { modPow } from "./mod_pow.ts";

/** The runtime computes in groups of real size only; in smaller ones there is nothing to protect. */
const NATIVE_BYTES = 128;

/** A private exponent and its public value, the generator raised to it. */
export class ExponentKey {
  /** The group that it belongs to. */
  readonly group: DhGroup;
  /** The private exponent. */
  readonly exponent: bigint;
  /** The public value. */
  readonly publicValue: bigint;
  readonly #native: DhKeyPair | undefined;

  /** Uses an exponent. */
  constructor(group: DhGroup, exponent: bigint) {
    this.group = group;
    this.exponent = exponent;
    if (group.bytes >= NATIVE_BYTES) this.#native = new DhKeyPair(group, encodeBigInteger(exponent));
    this.publicValue = this.#native
      ? decodeBigInteger(this.#native.publicValue)
      : modPow(group.generator, exponent, group.modulus);
  }

  /**
   * Draws an exponent that is invertible modulo p - 1: the public value then has the generator's order, and every
   * shared secret the order of the peer's value.
   */
  static generate(group: DhGroup, random: RandomSource): ExponentKey {
    const order = group.modulus - 1n;
    const bits = order.toString(2).length;
    for (;;) {
      const drawn = decodeBigInteger(random(Math.ceil(bits / 8))) & ((1n << BigInt(bits)) - 1n);
      if (drawn > 1n && drawn < order && gcd(drawn, order) === 1n) return new ExponentKey(group, drawn);
    }
  }

  /**
   * Computes the shared secret.
   *
   * @throws {ProtocolError} `dh-value-refused` where the peer's value is degenerate or not in the group
   */
  computeSecret(peerValue: bigint): bigint {
    assertDhPublicValue(this.group, peerValue);
    return this.#native
      ? decodeBigInteger(this.#native.computeSecret(encodeBigInteger(peerValue)))
      : modPow(peerValue, this.exponent, this.group.modulus);
  }
}

/** The inverse of `value` modulo `modulus`, which it must share no factor with. */
export function invert(value: bigint, modulus: bigint): bigint {
  let [r, next] = [modulus, value % modulus];
  let [t, nextT] = [0n, 1n];
  while (next > 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  return (t + modulus) % modulus;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b > 0n) [a, b] = [b, a % b];
  return a;
}
