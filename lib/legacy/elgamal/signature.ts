import { createHash } from "node:crypto";
import type { RandomSource } from "../../crypto/mod.ts";
import {
  assertDhPublicValue,
  decodeBigInteger,
  type DhGroup,
  ExponentKey,
  invert,
  modPow,
} from "../core/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";

/** An ElGamal signature. */
export interface Signature {
  /** a^k mod q. */
  readonly s1: bigint;
  /** k⁻¹ (m - x s1) mod (q - 1). */
  readonly s2: bigint;
}

/** Signs a Diffie-Hellman value with ElGamal (ElGamal 1985, §III); k is drawn anew each time and invertible. */
export function signValue(key: ExponentKey, value: bigint, random: RandomSource): Signature {
  const order = key.group.modulus - 1n;
  const m = hashValue(key.group, value);
  for (;;) {
    const { exponent: k, publicValue: s1 } = ExponentKey.generate(key.group, random);
    const rest = (m - key.exponent * s1 % order + order) % order;
    const signature = { s1, s2: invert(k, order) * rest % order };
    // s2 = 0 would give the key away, and what verifiers refuse is drawn again, too.
    if (isProper(key.group, signature)) return signature;
  }
}

/**
 * Whether a signature is valid: a^m ≡ y^s1 · s1^s2 (mod q), in range and not degenerate.
 *
 * @throws {ProtocolError} `dh-value-refused` where the public key is degenerate or not in the group
 */
export function verifyValue(
  group: DhGroup,
  publicKey: bigint,
  value: bigint,
  signature: Signature,
): boolean {
  assertDhPublicValue(group, publicKey);
  if (!isProper(group, signature)) return false;
  const { modulus, generator } = group;
  const { s1, s2 } = signature;
  const signed = modPow(publicKey, s1, modulus) * modPow(s1, s2, modulus) % modulus;
  return signed === modPow(generator, hashValue(group, value), modulus);
}

/** m: SHA-1 of the value in decimal, as an integer, cut to floor(log2 q) bits. */
export function hashValue(group: DhGroup, value: bigint): bigint {
  const hash = decodeBigInteger(createHash("sha1").update(String(value)).digest());
  const bits = group.modulus.toString(2).length - 1;
  return hash & ((1n << BigInt(bits)) - 1n);
}

/**
 * Whether s1 and s2 are in range and s1 is no value that lets anybody sign. The latter are those of a small order,
 * and (q - 1) / 2 and q - 1: raised to them every public key is 1 or -1, so that the key has no say; and the first
 * is a known power of the generator 2 but for its sign (Bleichenbacher 1996), so that s2 can be computed.
 */
function isProper(group: DhGroup, { s1, s2 }: Signature): boolean {
  const order = group.modulus - 1n;
  if (s1 <= 0n || s1 >= group.modulus || s2 <= 0n || s2 >= order || 2n * s1 % order === 0n) return false;
  try {
    assertDhPublicValue(group, s1);
    return true;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
