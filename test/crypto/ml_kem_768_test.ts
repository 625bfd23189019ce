import assert from "node:assert/strict";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import { createMlKem768 } from "../../lib/crypto/mod.ts";
import { DecodeError } from "../../lib/errors/mod.ts";
import { loadVectors, type WycheproofFile } from "../vectors/load_vectors.ts";

const kem = createMlKem768();

interface DecapsulationCase {
  seed: string;
  ek: string;
  c: string;
  K: string;
}

Deno.test("createMlKem768() decapsulates as Wycheproof says, implicit rejection included", async () => {
  const file = loadVectors<WycheproofFile<unknown, DecapsulationCase>>("wycheproof/mlkem_768_test.json");
  const ran = { valid: 0, invalid: 0 };
  for (const { tests } of file.testGroups) {
    for (const test of tests) {
      if (test.result === "valid") {
        const { privateKey, publicKey } = await kem.deriveKeyPair(decodeHex(test.seed));
        assert.equal(encodeHex(kem.exportPublicKey(publicKey)), test.ek, `${test.tcId}`);
        assert.equal(encodeHex(await kem.decapsulate(privateKey, decodeHex(test.c))), test.K, `${test.tcId}`);
        ran.valid++;
      } else {
        // Every invalid case has a seed or a ciphertext of the wrong size.
        await assert.rejects(decapsulateCase(test), isSizeInvalid, `${test.tcId}`);
        ran.invalid++;
      }
    }
  }
  assert.deepEqual(ran, { valid: 153, invalid: 40 });
});

async function decapsulateCase(test: DecapsulationCase): Promise<Uint8Array> {
  return await kem.decapsulate(await kem.importPrivateKey(decodeHex(test.seed)), decodeHex(test.c));
}

Deno.test("createMlKem768() refuses every public key that Wycheproof calls invalid", async () => {
  const file = loadVectors<WycheproofFile<unknown, { ek: string }>>("wycheproof/mlkem_768_encaps_test.json");
  const ran = { size: 0, modulus: 0 };
  for (const { tests } of file.testGroups) {
    for (const test of tests) {
      const ek = decodeHex(test.ek);
      if (ek.length === kem.Npk) {
        const publicKey = await kem.importPublicKey(ek);
        await assert.rejects(kem.encapsulate(publicKey), { code: "ml-kem-public-key-invalid" });
        ran.modulus++;
      } else {
        await assert.rejects(kem.importPublicKey(ek), isSizeInvalid);
        ran.size++;
      }
    }
  }
  assert.deepEqual(ran, { size: 20, modulus: 112 });
});

Deno.test("createMlKem768() and noble decapsulate each other's encapsulations", async () => {
  for (let i = 0; i < 3; i++) {
    const seed = new Uint8Array(64).fill(i);
    const theirs = ml_kem768.keygen(seed);
    const ours = await kem.deriveKeyPair(seed);
    assert.deepEqual(kem.exportPublicKey(ours.publicKey), new Uint8Array(theirs.publicKey));
    const toThem = await kem.encapsulate(ours.publicKey);
    assert.deepEqual(
      new Uint8Array(ml_kem768.decapsulate(toThem.enc, theirs.secretKey)),
      toThem.sharedSecret,
    );
    const toUs = ml_kem768.encapsulate(theirs.publicKey);
    assert.deepEqual(
      await kem.decapsulate(ours.privateKey, toUs.cipherText),
      new Uint8Array(toUs.sharedSecret),
    );
  }
});

function isSizeInvalid(error: unknown): boolean {
  return error instanceof DecodeError && error.code === "size-invalid";
}
