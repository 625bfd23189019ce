import assert from "node:assert/strict";
import { encodeHex } from "../../../lib/bytes/mod.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import {
  defineDhGroup,
  type DhGroup,
  encodeBigInteger,
  encryptAes256Cbc,
  ExponentKey,
} from "../../../lib/legacy/core/mod.ts";
import {
  formatSealed,
  formatSignedValue,
  parseSealed,
  parseSignedValue,
} from "../../../lib/legacy/elgamal/messages.ts";
import { parametersOf } from "../../../lib/legacy/elgamal/parameters.ts";
import { hashValue, signValue, verifyValue } from "../../../lib/legacy/elgamal/signature.ts";
import { deriveKey, Suite } from "../../../lib/legacy/elgamal/suite.ts";
import { readVectors } from "../support/vectors.ts";

type Side =
  & Record<"elgamal_x" | "elgamal_y" | "dh_x" | "dh_y" | "m" | "s1" | "s2" | "diff_payload", string>
  & {
    verifies: boolean;
  };
type Vector =
  & Record<
    | "q_dh"
    | "a_dh"
    | "q_elgamal"
    | "a_elgamal"
    | "mask"
    | "shared"
    | "aes_key_hex"
    | "plaintext"
    | "message_payload",
    string
  >
  & { A: Side; B: Side };

const vectors = readVectors<Record<string, Vector>>("elgamal");

function groups({ q_dh, a_dh, q_elgamal, a_elgamal }: Vector): { exchange: DhGroup; signing: DhGroup } {
  return {
    exchange: defineDhGroup(BigInt(q_dh), BigInt(a_dh)),
    signing: defineDhGroup(BigInt(q_elgamal), BigInt(a_elgamal)),
  };
}

Deno.test("there are two vectors of elgamal, the first in the groups last published", () => {
  assert.deepEqual(Object.keys(vectors), ["small", "large_521_bit"]);
  const { exchange, signing } = parametersOf("original", "diff");
  const published = groups(vectors.small!);
  assert.deepEqual([exchange.modulus, exchange.generator], [
    published.exchange.modulus,
    published.exchange.generator,
  ]);
  assert.deepEqual([signing.modulus, signing.generator], [
    published.signing.modulus,
    published.signing.generator,
  ]);
  assert.equal(vectors.small!.mask, "511");
});

for (const [name, vector] of Object.entries(vectors)) {
  const { exchange, signing } = groups(vector);
  for (const side of ["A", "B"] as const) {
    const own = vector[side], peer = vector[side === "A" ? "B" : "A"];

    Deno.test(`the ${name} vector's side ${side} has our keys, hash, signature and payload`, () => {
      assert.equal(new ExponentKey(signing, BigInt(own.elgamal_x)).publicValue, BigInt(own.elgamal_y));
      const key = new ExponentKey(exchange, BigInt(own.dh_x));
      assert.equal(key.publicValue, BigInt(own.dh_y));
      assert.equal(key.computeSecret(BigInt(peer.dh_y)), BigInt(vector.shared));
      assert.equal(hashValue(signing, BigInt(own.dh_y)), BigInt(own.m));
      const signed = { value: BigInt(own.dh_y), s1: BigInt(own.s1), s2: BigInt(own.s2) };
      assert.equal(verifyValue(signing, BigInt(own.elgamal_y), signed.value, signed), own.verifies);
      assert.equal(formatSignedValue(signed, "diff"), own.diff_payload);
      assert.deepEqual(parseSignedValue(own.diff_payload, "diff"), signed);
    });
  }

  Deno.test(`the ${name} vector's message opens under our key and is sealed to the same bytes`, () => {
    const suite = new Suite("original", BigInt(vector.shared), systemRandom);
    const sealed = parseSealed(vector.message_payload);
    assert.equal(suite.open(sealed), vector.plaintext);
    const key = deriveKey(BigInt(vector.shared));
    assert.equal(encodeHex(key), vector.aes_key_hex);
    const again = encryptAes256Cbc(key, sealed.iv, new TextEncoder().encode(vector.plaintext));
    assert.equal(formatSealed({ ciphertext: again, iv: sealed.iv }), vector.message_payload);
  });
}

Deno.test("signValue() signs as the published program where it draws the same k", () => {
  const vector = vectors.small!;
  const { signing } = groups(vector);
  for (const side of [vector.A, vector.B]) {
    let k = 1n, power = signing.generator;
    for (; power !== BigInt(side.s1); k++) power = power * signing.generator % signing.modulus;
    const key = new ExponentKey(signing, BigInt(side.elgamal_x));
    const signature = signValue(key, BigInt(side.dh_y), (length) => encodeBigInteger(k, length));
    assert.deepEqual(signature, { s1: BigInt(side.s1), s2: BigInt(side.s2) });
  }
});
