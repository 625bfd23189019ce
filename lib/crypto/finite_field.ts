import { createDiffieHellman, getDiffieHellman } from "node:crypto";
import { DecodeError } from "../errors/mod.ts";
import { type RandomSource, systemRandom } from "./random.ts";

/** A group of integers modulo a prime, as Diffie-Hellman and ElGamal use it. Octets are big-endian. */
export interface FiniteFieldGroup {
  /** The prime p, without leading zeros. */
  prime: Uint8Array;
  /** The generator g, without leading zeros. */
  generator: Uint8Array;
}

/** A key pair of a finite-field group. */
export interface FiniteFieldKeyPair {
  /** x. */
  privateValue: Uint8Array<ArrayBuffer>;
  /** y = g^x mod p, as long as the prime. */
  publicValue: Uint8Array<ArrayBuffer>;
}

const MIN_PRIME_BYTES = 64;
const MAX_PRIME_BYTES = 512;

/** The 2048-bit MODP group (RFC 3526 §3, group 14). */
export function modpGroup14(): FiniteFieldGroup {
  const group = getDiffieHellman("modp14");
  return { prime: new Uint8Array(group.getPrime()), generator: new Uint8Array(group.getGenerator()) };
}

/**
 * Generates a key pair. x has one bit less than the prime and is uniformly distributed: ElGamal signatures
 * leak short exponents.
 *
 * @throws {DecodeError} `finite-field-malformed` for a group that {@link deriveFiniteFieldPublicValue} refuses
 */
export function generateFiniteFieldKeyPair(
  group: FiniteFieldGroup,
  random: RandomSource = systemRandom,
): FiniteFieldKeyPair {
  const privateValue = random(group.prime.length);
  privateValue[0] = privateValue[0]! & ((1 << (31 - Math.clz32(group.prime[0] ?? 0))) - 1);
  return { privateValue, publicValue: deriveFiniteFieldPublicValue(group, privateValue) };
}

/**
 * Computes g^x mod p.
 *
 * @returns as many octets as the prime has
 * @throws {DecodeError} `finite-field-malformed` for a prime that is even, or not of 512 to 4096 bits, and for
 * g or x outside 2 ... p - 2, and for generators that no published group has
 */
export function deriveFiniteFieldPublicValue(
  group: FiniteFieldGroup,
  privateValue: Uint8Array,
): Uint8Array<ArrayBuffer> {
  checkGroup(group);
  checkFiniteFieldValue(group, privateValue);
  const value = raiseGenerator(group, privateValue);
  const padded = new Uint8Array(group.prime.length);
  padded.set(value, padded.length - value.length);
  return padded;
}

/**
 * Refuses a public or private value that is not within 2 ... p - 2: the others reveal what they are used with.
 *
 * @throws {DecodeError} `finite-field-malformed`
 */
export function checkFiniteFieldValue({ prime }: FiniteFieldGroup, value: Uint8Array): void {
  const number = toBigInt(value);
  if (value.length <= MAX_PRIME_BYTES + 1 && number >= 2n && number <= toBigInt(prime) - 2n) return;
  throw new DecodeError("finite-field-malformed", "a value is not within the group");
}

/** The runtime knows the generators of published groups only, and says of others that they are bad. */
function raiseGenerator({ prime, generator }: FiniteFieldGroup, privateValue: Uint8Array): Uint8Array {
  try {
    const agreement = createDiffieHellman(prime, generator);
    agreement.setPrivateKey(privateValue);
    return new Uint8Array(agreement.generateKeys());
  } catch {
    // What the runtime says may hold what the key holds.
    throw new DecodeError("finite-field-malformed", "the runtime does not compute in this group");
  }
}

function checkGroup(group: FiniteFieldGroup): void {
  const { prime, generator } = group;
  const isSized = prime.length >= MIN_PRIME_BYTES && prime.length <= MAX_PRIME_BYTES && prime[0] !== 0;
  if (!isSized || (prime.at(-1)! & 1) === 0) {
    throw new DecodeError("finite-field-malformed", "the prime is even, or not of 512 to 4096 bits");
  }
  checkFiniteFieldValue(group, generator);
}

function toBigInt(octets: Uint8Array): bigint {
  return octets.length === 0 ? 0n : BigInt(`0x${octets.toHex()}`);
}
