import type { RandomSource } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import { assertDhPublicValue, type DhGroup } from "./dh_group.ts";
import { ExponentKey, invert } from "./exponent_key.ts";
import { modPow } from "./mod_pow.ts";

/** An ElGamal signature. */
export interface ElgamalSignature {
  /** a^k mod q. */
  readonly s1: bigint;
  /** k⁻¹ (m - x s1) mod (q - 1). */
  readonly s2: bigint;
}

/** Signs the hash m with ElGamal (ElGamal 1985, §III); k is drawn anew each time and invertible. */
export function signElgamal(key: ExponentKey, m: bigint, random: RandomSource): ElgamalSignature {
  const order = key.group.modulus - 1n;
  for (;;) {
    const { exponent: k, publicValue: s1 } = ExponentKey.generate(key.group, random);
    const rest = (m - key.exponent * s1 % order + order) % order;
    const signature = { s1, s2: invert(k, order) * rest % order };
    // s2 = 0 would give the key away, and what verifiers refuse is drawn again, too.
    if (isProper(key.group, signature)) return signature;
  }
}

/**
 * Whether a signature over the hash m is valid: a^m ≡ y^s1 · s1^s2 (mod q), in range and not degenerate.
 *
 * @throws {ProtocolError} `dh-value-refused` where the public key is degenerate or not in the group
 */
export function verifyElgamal(
  group: DhGroup,
  publicKey: bigint,
  m: bigint,
  signature: ElgamalSignature,
): boolean {
  assertDhPublicValue(group, publicKey);
  if (!isProper(group, signature)) return false;
  const { modulus, generator } = group;
  const { s1, s2 } = signature;
  const signed = modPow(publicKey, s1, modulus) * modPow(s1, s2, modulus) % modulus;
  return signed === modPow(generator, m, modulus);
}

/**
 * Whether s1 and s2 are in range and s1 is no value that lets anybody sign. The latter are those of a small order,
 * and (q - 1) / 2 and q - 1: raised to them every public key is 1 or -1, so that the key has no say; and the first
 * is a known power of the generator 2 but for its sign (Bleichenbacher 1996), so that s2 can be computed.
 */
function isProper(group: DhGroup, { s1, s2 }: ElgamalSignature): boolean {
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
