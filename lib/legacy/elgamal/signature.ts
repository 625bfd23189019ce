import { createHash } from "node:crypto";
import type { RandomSource } from "../../crypto/mod.ts";
import {
  decodeBigInteger,
  type DhGroup,
  type ElgamalSignature,
  type ExponentKey,
  signElgamal,
  verifyElgamal,
} from "../core/mod.ts";

/** Signs a Diffie-Hellman value with ElGamal. */
export function signValue(key: ExponentKey, value: bigint, random: RandomSource): ElgamalSignature {
  return signElgamal(key, hashValue(key.group, value), random);
}

/**
 * Whether a signature is valid.
 *
 * @throws {ProtocolError} `dh-value-refused` where the public key is degenerate or not in the group
 */
export function verifyValue(
  group: DhGroup,
  publicKey: bigint,
  value: bigint,
  signature: ElgamalSignature,
): boolean {
  return verifyElgamal(group, publicKey, hashValue(group, value), signature);
}

/** m: SHA-1 of the value in decimal, as an integer, cut to floor(log2 q) bits. */
export function hashValue(group: DhGroup, value: bigint): bigint {
  const hash = decodeBigInteger(createHash("sha1").update(String(value)).digest());
  const bits = group.modulus.toString(2).length - 1;
  return hash & ((1n << BigInt(bits)) - 1n);
}
