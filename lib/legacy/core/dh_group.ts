import { checkPrime, getDiffieHellman } from "node:crypto";
import { InternalError, ProtocolError } from "../../errors/mod.ts";
import { decodeBigInteger } from "./big_integer.ts";
import { modPow } from "./mod_pow.ts";

/** A group of integers modulo a prime for Diffie-Hellman. */
export interface DhGroup {
  /** The modulus p. */
  readonly modulus: bigint;
  /** The generator g. */
  readonly generator: bigint;
  /** Length of the modulus in bytes. */
  readonly bytes: number;
  /** Public values whose order is at most this are refused; 2 is all there is to refuse under a safe prime. */
  readonly refusedOrder: number;
}

/** Makes a group of constants, see {@link assertDhGroup}; and {@link admitDhGroup} for what a peer sent. */
export function defineDhGroup(modulus: bigint, generator: bigint, refusedOrder = 2): DhGroup {
  return { modulus, generator, refusedOrder, bytes: Math.ceil(modulus.toString(16).length / 2) };
}

/**
 * Checks the constants of a group: the modulus is a prime and the order of the generator is not one of those that
 * are refused.
 *
 * @throws {InternalError} where the modulus is wrong
 * @throws {ProtocolError} `dh-value-refused` where the generator is
 */
export async function assertDhGroup(group: DhGroup): Promise<void> {
  if (!await isPrime(group.modulus)) throw new InternalError("the modulus of a group is no prime");
  assertDhPublicValue(group, group.generator);
}

let modp2048: DhGroup | undefined;

/** The 2048-bit MODP group (RFC 3526 §3, "group 14"): a safe prime, generator 2. */
export function dhGroup14(): DhGroup {
  return modp2048 ??= defineDhGroup(decodeBigInteger(getDiffieHellman("modp14").getPrime()), 2n);
}

const MIN_MODULUS_BITS = 512;
const MAX_MODULUS_BITS = 4096;

/**
 * Admits a group that a peer proposes: a safe prime of 512 to 4,096 bits, and a generator that is not degenerate.
 *
 * @throws {ProtocolError} `dh-group-refused`
 */
export async function admitDhGroup(modulus: bigint, generator: bigint): Promise<DhGroup> {
  const bits = modulus.toString(2).length;
  if (bits < MIN_MODULUS_BITS || bits > MAX_MODULUS_BITS) throw refused(`a modulus of ${bits} bits`);
  if (generator < 2n || generator > modulus - 2n) throw refused("a degenerate generator");
  if (!await isPrime((modulus - 1n) / 2n) || !await isPrime(modulus)) {
    throw refused("a modulus that is no safe prime");
  }
  return defineDhGroup(modulus, generator);
}

/**
 * Checks a public value: 0, 1, p - 1, what lies outside the group, and elements of a small order are refused,
 * since they would make the shared secret guessable.
 *
 * @throws {ProtocolError} `dh-value-refused`
 */
export function assertDhPublicValue(group: DhGroup, value: bigint): void {
  const { modulus, refusedOrder } = group;
  if (value < 2n || value > modulus - 2n) throw refusedValue();
  for (let order = 3; order <= refusedOrder; order++) {
    if (modPow(value, BigInt(order), modulus) === 1n) throw refusedValue();
  }
}

function isPrime(candidate: bigint): Promise<boolean> {
  return new Promise((resolve, reject) =>
    checkPrime(candidate, (error, prime) => error ? reject(error) : resolve(prime))
  );
}

function refused(what: string): ProtocolError {
  return new ProtocolError("dh-group-refused", `the peer proposes a Diffie-Hellman group with ${what}`);
}

function refusedValue(): ProtocolError {
  return new ProtocolError("dh-value-refused", "the peer's Diffie-Hellman value is degenerate");
}
