import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { createDhkemX25519, createMlKem768, createXWing, type Kem } from "../../lib/crypto/mod.ts";
import { AuthenticationError, DecodeError, UsageError } from "../../lib/errors/mod.ts";

const kems = [createDhkemX25519(), createMlKem768(), createXWing()];

for (const kem of kems) {
  Deno.test(`${kem.name}: what is encapsulated is decapsulated, in the promised sizes`, async () => {
    const { privateKey, publicKey } = await kem.generateKeyPair();
    const { sharedSecret, enc } = await kem.encapsulate(publicKey);
    assert.equal(sharedSecret.length, kem.Nsecret);
    assert.equal(enc.length, kem.Nenc);
    assert.equal(kem.exportPublicKey(publicKey).length, kem.Npk);
    assert.equal(kem.exportPrivateKey(privateKey).length, kem.Nsk);
    assert.deepEqual(await kem.decapsulate(privateKey, enc), sharedSecret);
  });

  Deno.test(`${kem.name}: keys survive export and import`, async () => {
    const pair = await kem.generateKeyPair();
    const publicKey = await kem.importPublicKey(kem.exportPublicKey(pair.publicKey));
    const privateKey = await kem.importPrivateKey(kem.exportPrivateKey(pair.privateKey));
    const { sharedSecret, enc } = await kem.encapsulate(publicKey);
    assert.deepEqual(await kem.decapsulate(privateKey, enc), sharedSecret);
    assert.deepEqual(await kem.decapsulate(pair.privateKey, enc), sharedSecret);
  });

  Deno.test(`${kem.name}: deriveKeyPair() gives one pair for one input and another for another`, async () => {
    const length = kem.Nsk;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: length, maxLength: length }), async (ikm) => {
        const first = await kem.deriveKeyPair(ikm);
        const again = await kem.deriveKeyPair(new Uint8Array(ikm));
        assert.deepEqual(kem.exportPublicKey(first.publicKey), kem.exportPublicKey(again.publicKey));
        const { sharedSecret, enc } = await kem.encapsulate(first.publicKey);
        assert.deepEqual(await kem.decapsulate(again.privateKey, enc), sharedSecret);
        const changed = new Uint8Array(ikm);
        changed[0]! ^= 1;
        const other = await kem.deriveKeyPair(changed);
        assert.notDeepEqual(kem.exportPublicKey(first.publicKey), kem.exportPublicKey(other.publicKey));
      }),
      { numRuns: 5 },
    );
  });

  Deno.test(`${kem.name}: generateKeyPair() takes its randomness from the argument`, async () => {
    const create = { 0x0020: createDhkemX25519, 0x0041: createMlKem768, 0x647a: createXWing }[kem.id]!;
    const fixed = create((length) => new Uint8Array(length).fill(42));
    const first = await fixed.generateKeyPair();
    const second = await fixed.generateKeyPair();
    assert.deepEqual(fixed.exportPublicKey(first.publicKey), fixed.exportPublicKey(second.publicKey));
  });

  Deno.test(`${kem.name}: an altered encapsulation gives another secret or none`, async () => {
    const { privateKey, publicKey } = await kem.generateKeyPair();
    const { sharedSecret, enc } = await kem.encapsulate(publicKey);
    for (const position of [0, kem.Nenc >> 1, kem.Nenc - 2]) {
      const altered = new Uint8Array(enc);
      altered[position]! ^= 1;
      assert.notDeepEqual(await kem.decapsulate(privateKey, altered), sharedSecret);
    }
  });

  Deno.test(`${kem.name}: wrong sizes are refused`, async () => {
    const { privateKey } = await kem.generateKeyPair();
    const isSizeInvalid = (error: unknown) => error instanceof DecodeError && error.code === "size-invalid";
    for (const delta of [-1, 1]) {
      await assert.rejects(kem.importPublicKey(new Uint8Array(kem.Npk + delta)), isSizeInvalid);
      await assert.rejects(kem.importPrivateKey(new Uint8Array(kem.Nsk + delta)), isSizeInvalid);
      await assert.rejects(kem.decapsulate(privateKey, new Uint8Array(kem.Nenc + delta)), isSizeInvalid);
    }
  });

  Deno.test(`${kem.name}: keys of another KEM are refused`, async () => {
    const other = kems.find((each) => each !== kem)!;
    const { privateKey, publicKey } = await other.generateKeyPair();
    const isForeign = (error: unknown) => error instanceof UsageError && error.code === "kem-key-foreign";
    await assert.rejects(kem.encapsulate(publicKey), isForeign);
    await assert.rejects(kem.decapsulate(privateKey, new Uint8Array(kem.Nenc)), isForeign);
  });

  Deno.test(`${kem.name}: a private key shows no byte of itself when printed`, async () => {
    const ikm = Uint8Array.from({ length: kem.Nsk }, (_, i) => (i * 37) % 251);
    const { privateKey } = await kem.deriveKeyPair(ikm);
    const raw = kem.exportPrivateKey(privateKey);
    for (
      const text of [Deno.inspect(privateKey, { depth: 9, showHidden: true }), JSON.stringify(privateKey)]
    ) {
      assert.ok(!text.includes(encodeHex(raw).slice(0, 16)), text);
      assert.ok(!text.includes(raw.subarray(0, 4).join(", ")), text);
      assert.ok(!text.includes(raw.subarray(0, 4).join(",")), text);
    }
  });
}

for (const kem of [createDhkemX25519(), createXWing()]) {
  Deno.test(`${kem.name}: a public key of low order is refused, and one in an encapsulation fails like any forgery`, async () => {
    const { privateKey, publicKey } = await kem.generateKeyPair();
    for (const lowOrder of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))]) {
      await assert.rejects(
        kem.encapsulate(await kem.importPublicKey(withTail(kem.exportPublicKey(publicKey), lowOrder))),
        (error: unknown) => error instanceof DecodeError && error.code === "x25519-public-key-invalid",
      );
      const { enc } = await kem.encapsulate(publicKey);
      await assert.rejects(
        kem.decapsulate(privateKey, withTail(enc, lowOrder)),
        (error: unknown) => error instanceof AuthenticationError && error.code === "decryption-failed",
      );
    }
  });
}

for (const kem of [createMlKem768(), createXWing()]) {
  Deno.test(`${kem.name}: a public key with coefficients past the modulus is refused`, async () => {
    const raw = kem.exportPublicKey((await kem.generateKeyPair()).publicKey);
    raw.fill(0xff, 0, 300);
    await assert.rejects(
      encapsulateTo(kem, raw),
      (error: unknown) => error instanceof DecodeError && error.code === "ml-kem-public-key-invalid",
    );
  });
}

async function encapsulateTo(kem: Kem, raw: Uint8Array) {
  return await kem.encapsulate(await kem.importPublicKey(raw));
}

function withTail(bytes: Uint8Array, tail: Uint8Array): Uint8Array {
  const changed = new Uint8Array(bytes);
  changed.set(tail, changed.length - tail.length);
  return changed;
}
