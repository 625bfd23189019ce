/**
 * Raises `base` to `exponent` modulo `modulus`; none of them negative. Not in constant time: it is for public
 * values and for the toy groups of the classic systems. Groups of real size go through {@link DhKeyPair}.
 */
export function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n % modulus;
  let square = base % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = result * square % modulus;
    square = square * square % modulus;
  }
  return result;
}
