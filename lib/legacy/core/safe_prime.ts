import { checkPrimeSync } from "node:crypto";
import type { RandomSource } from "../../crypto/mod.ts";
import { decodeBigInteger } from "./big_integer.ts";
import { modPow } from "./mod_pow.ts";

/** Below this every prime is sieved out of the candidates. */
const SIEVE_LIMIT = 1 << 14;
/** Candidates looked at from one random start. */
const WINDOW = 1 << 16;

/**
 * Generates a safe prime p for which 2 generates the subgroup of prime order (p = 23 mod 24, as OpenSSL does for
 * generator 2). A sieve over p and (p - 1) / 2 together makes it some fifty times faster than the runtime's own
 * generator; the runtime's primality test has the last word. The work is done in slices, so that the event loop
 * goes on meanwhile.
 */
export async function generateSafePrime(bits: number, random: RandomSource): Promise<bigint> {
  const primes = smallPrimes(SIEVE_LIMIT);
  for (;;) {
    const start = randomStart(bits, random);
    for (const index of survivors(start, primes)) {
      const p = start + 24n * BigInt(index);
      const q = (p - 1n) / 2n;
      if (modPow(2n, q - 1n, q) !== 1n) continue;
      if (checkPrimeSync(q) && checkPrimeSync(p)) return p;
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** The two highest bits are set, so that no candidate of the window grows out of the size. */
function randomStart(bits: number, random: RandomSource): bigint {
  const top = 3n << BigInt(bits - 2);
  const start = decodeBigInteger(random(bits / 8)) % (1n << BigInt(bits - 2)) + top;
  return start - start % 24n - 1n;
}

/** Indexes i for which neither p = start + 24 i nor (p - 1) / 2 has a small factor. */
function* survivors(start: bigint, primes: readonly number[]): Generator<number> {
  const composite = new Uint8Array(WINDOW);
  for (const prime of primes) {
    if (prime <= 3) continue; // 23 mod 24 has seen to these
    const residue = Number(start % BigInt(prime));
    const step = inverse(24 % prime, prime);
    // p = 0 makes p composite, p = 1 makes p - 1 divisible.
    for (const bad of [0, 1]) {
      const first = (bad - residue + prime) * step % prime;
      for (let i = first; i < WINDOW; i += prime) composite[i] = 1;
    }
  }
  for (let i = 0; i < WINDOW; i++) if (composite[i] === 0) yield i;
}

function smallPrimes(limit: number): number[] {
  const composite = new Uint8Array(limit);
  const primes: number[] = [];
  for (let n = 2; n < limit; n++) {
    if (composite[n] === 1) continue;
    primes.push(n);
    for (let multiple = n * n; multiple < limit; multiple += n) composite[multiple] = 1;
  }
  return primes;
}

function inverse(value: number, prime: number): number {
  return Number(modPow(BigInt(value), BigInt(prime - 2), BigInt(prime)));
}
