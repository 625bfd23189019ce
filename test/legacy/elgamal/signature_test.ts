import assert from "node:assert/strict";
import fc from "fast-check";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import {
  assertDhGroup,
  defineDhGroup,
  dhGroup14,
  encodeBigInteger,
  ExponentKey,
  invert,
  modPow,
} from "../../../lib/legacy/core/mod.ts";
import { parametersOf } from "../../../lib/legacy/elgamal/parameters.ts";
import { hashValue, signValue, verifyValue } from "../../../lib/legacy/elgamal/signature.ts";

const toy = parametersOf("original", "diff").signing;
const real = dhGroup14();

Deno.test("the constants of both dialects are what they have to be", async () => {
  for (const dialect of ["original", "documented"] as const) {
    for (const spelling of ["deff", "diff"] as const) {
      const { signing, exchange } = parametersOf(dialect, spelling);
      await assertDhGroup(signing);
      await assertDhGroup(exchange);
    }
  }
  await assert.rejects(assertDhGroup(defineDhGroup(1023n, 2n)), /no prime/);
  for (const generator of [0n, 1n, 1020n, 1021n]) {
    await assert.rejects(assertDhGroup(defineDhGroup(1021n, generator)), { code: "dh-value-refused" });
  }
  // 30^204 has order 5.
  const small = defineDhGroup(1021n, modPow(30n, 204n, 1021n), toy.refusedOrder);
  await assert.rejects(assertDhGroup(small), { code: "dh-value-refused" });
});

Deno.test("verifyValue() takes what signValue() signs, and nothing else", () => {
  for (const [group, runs] of [[toy, 200], [real, 2]] as const) {
    const key = ExponentKey.generate(group, systemRandom);
    fc.assert(
      fc.property(fc.bigInt({ min: 2n, max: group.modulus - 2n }), (value) => {
        const signature = signValue(key, value, systemRandom);
        assert(verifyValue(group, key.publicValue, value, signature));
        const { s1, s2 } = signature;
        const order = group.modulus - 1n;
        assert(!verifyValue(group, key.publicValue, value, { s1, s2: (s2 + 1n) % order }));
        assert(!verifyValue(group, key.publicValue, value, { s1, s2: s2 + order }));
        assert(!verifyValue(group, key.publicValue, value, { s1: s1 + group.modulus, s2 }));
        assert(!verifyValue(group, key.publicValue, value, { s1: s1 - group.modulus, s2 }));
        if (hashValue(group, value) === hashValue(group, value + 1n)) return;
        assert(!verifyValue(group, key.publicValue, value + 1n, signature));
      }),
      { numRuns: runs },
    );
  }
});

Deno.test("signValue() draws k anew for each signature", () => {
  const key = ExponentKey.generate(real, systemRandom);
  assert.notEqual(signValue(key, 5n, systemRandom).s1, signValue(key, 5n, systemRandom).s1);
});

Deno.test("signValue() draws on while k cannot be inverted or is out of range", () => {
  const key = new ExponentKey(toy, 357n);
  const drawn = [0n, 1n, 2n, 17n, 510n, 1020n, 1021n, 1019n - 2n * 6n];
  let at = 0;
  const { s1 } = signValue(key, 5n, (length) => encodeBigInteger(drawn[at++]!, length));
  assert.equal(at, drawn.length);
  assert.equal(s1, modPow(30n, drawn.at(-1)!, 1021n));
});

Deno.test("verifyValue() refuses degenerate signatures", () => {
  const key = ExponentKey.generate(toy, systemRandom);
  const { modulus } = toy;
  for (const s1 of [-1n, 0n, 1n, 510n, modulus - 1n, modulus, modPow(30n, 204n, modulus)]) {
    for (let s2 = 0n; s2 < modulus; s2++) {
      assert(!verifyValue(toy, key.publicValue, 5n, { s1, s2 }), `${s1} ${s2}`);
    }
  }
  for (let s1 = 1n; s1 < modulus; s1++) {
    for (const s2 of [-1n, 0n, modulus - 1n]) assert(!verifyValue(toy, key.publicValue, 5n, { s1, s2 }));
  }
});

Deno.test("verifyValue() refuses a signature that needs no private key", () => {
  // Bleichenbacher, EUROCRYPT '96: the generator 2 divides p - 1, so that s1 = (p - 1) / 2 = -1/2 is a known power.
  const { modulus, generator } = real;
  const order = modulus - 1n, half = order / 2n;
  const { publicValue: y } = ExponentKey.generate(real, systemRandom);
  const value = 12345n, m = hashValue(real, value);
  const s1 = half;
  const sign = modPow(y, half, modulus); // 1 or -1
  const isOdd = sign === 1n ? 0n : 1n;
  const least = (half - m % half) % half;
  const s2 = least % 2n === isOdd ? least : least + half;
  const equation = modPow(y, s1, modulus) * modPow(s1, s2, modulus) % modulus;
  assert.equal(equation, modPow(generator, m, modulus), "the bare equation holds");
  assert(!verifyValue(real, y, value, { s1, s2 }));
});

Deno.test("verifyValue() and computeSecret() refuse public values that are degenerate", () => {
  const signature = signValue(ExponentKey.generate(toy, systemRandom), 5n, systemRandom);
  const key = ExponentKey.generate(toy, systemRandom);
  const { modulus, generator } = toy;
  const orders = [2n, 3n, 4n, 5n].map((order) => modPow(generator, (modulus - 1n) / order, modulus));
  for (const value of [0n, 1n, modulus - 1n, modulus, modulus + 1n, ...orders]) {
    assert.throws(() => verifyValue(toy, value, 5n, signature), { code: "dh-value-refused" });
    assert.throws(() => key.computeSecret(value), { code: "dh-value-refused" });
  }
  const big = ExponentKey.generate(real, systemRandom);
  for (const value of [0n, 1n, real.modulus - 1n, real.modulus, real.modulus + 1n]) {
    assert.throws(() => verifyValue(real, value, 5n, signature), { code: "dh-value-refused" });
    assert.throws(() => big.computeSecret(value), { code: "dh-value-refused" });
  }
});

Deno.test("ExponentKey draws exponents under which no secret is of a smaller order than the peer's value", () => {
  for (let i = 0; i < 200; i++) {
    const key = ExponentKey.generate(toy, systemRandom);
    assert.equal(key.exponent * invert(key.exponent, 1020n) % 1020n, 1n);
  }
});
