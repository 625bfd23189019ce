import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkFiniteFieldValue,
  deriveFiniteFieldPublicValue,
  generateFiniteFieldKeyPair,
  modpGroup14,
} from "../../lib/crypto/mod.ts";
import { decodeOrRefuse } from "../support/hostile_bytes.ts";

const group = modpGroup14();
const toNumber = (octets: Uint8Array) => BigInt(`0x${octets.toHex()}`);

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = result * base % modulus;
    base = base * base % modulus;
  }
  return result;
}

Deno.test("modpGroup14() is the group of RFC 3526 §3", () => {
  const prime = toNumber(group.prime);
  assert.deepEqual([group.prime.length, toNumber(group.generator)], [256, 2n]);
  // p = 2^2048 - 2^1984 - 1 + 2^64 * ( [2^1918 pi] + 124476 )
  assert.equal(prime >> 1984n, (1n << 64n) - 1n);
  assert.equal(prime & ((1n << 64n) - 1n), (1n << 64n) - 1n);
  assert.equal(group.prime.subarray(8, 16).toHex(), "c90fdaa22168c234");
  assert.equal(power(3n, prime - 1n, prime), 1n);
});

Deno.test("generateFiniteFieldKeyPair() draws x of 2047 bits and computes g^x mod p, padded", () => {
  const ones = (length: number) => new Uint8Array(length).fill(0xff);
  const { privateValue, publicValue } = generateFiniteFieldKeyPair(group, ones);
  assert.deepEqual([privateValue[0], privateValue.length, publicValue.length], [0x7f, 256, 256]);
  assert.equal(toNumber(publicValue), power(2n, toNumber(privateValue), toNumber(group.prime)));
  assert.deepEqual(deriveFiniteFieldPublicValue(group, Uint8Array.of(10)).subarray(-2), Uint8Array.of(4, 0));
});

Deno.test("finite-field values outside 2 ... p - 2 and groups that are none are refused", () => {
  const prime = group.prime;
  const last = new Uint8Array(prime);
  last[255] = 0xfe;
  for (const value of [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(1), last, prime]) {
    assert.throws(() => checkFiniteFieldValue(group, value), { code: "finite-field-malformed" });
  }
  last[255] = 0xfd;
  checkFiniteFieldValue(group, last);
  for (const bad of [new Uint8Array(63).fill(255), new Uint8Array(513).fill(255), last.with(255, 0xfc)]) {
    const refused = () => deriveFiniteFieldPublicValue({ ...group, prime: bad }, Uint8Array.of(5));
    assert.throws(refused, { code: "finite-field-malformed" });
  }
  const generator = Uint8Array.of(0x7f, 3);
  assert.throws(() => deriveFiniteFieldPublicValue({ ...group, generator }, Uint8Array.of(5)), {
    code: "finite-field-malformed",
  });
});

Deno.test("deriveFiniteFieldPublicValue() ends with a value or a typed error for any group", () => {
  const octets = fc.uint8Array({ maxLength: 80 });
  const large = fc.uint8Array({ minLength: 64, maxLength: 80 }).map((prime) => {
    prime[0]! |= 1;
    prime[prime.length - 1]! |= 1;
    return prime;
  });
  fc.assert(fc.property(fc.oneof(octets, large), octets, octets, (prime, generator, value) => {
    decodeOrRefuse(() => deriveFiniteFieldPublicValue({ prime, generator }, value));
  }));
});
