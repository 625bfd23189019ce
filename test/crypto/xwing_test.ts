import assert from "node:assert/strict";
import { XWing } from "@hpke/hybridkem-x-wing";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import { createXWing } from "../../lib/crypto/mod.ts";
import { loadVectors } from "../vectors/load_vectors.ts";

interface DraftCase {
  seed: string;
  eseed: string;
  ss: string;
  sk: string;
  pk: string;
  ct: string;
}

const cases = loadVectors<DraftCase[]>("xwing/test-vectors.json");

Deno.test("createXWing() derives keys and decapsulates as the draft's vectors say", async () => {
  assert.equal(cases.length, 3);
  for (const test of cases) {
    const kem = createXWing(() => decodeHex(test.seed));
    const pair = await kem.generateKeyPair();
    assert.equal(encodeHex(kem.exportPrivateKey(pair.privateKey)), test.sk);
    assert.equal(encodeHex(kem.exportPublicKey(pair.publicKey)), test.pk);
    assert.equal(encodeHex(await kem.decapsulate(pair.privateKey, decodeHex(test.ct))), test.ss);
    const imported = await kem.importPrivateKey(decodeHex(test.sk));
    assert.equal(encodeHex(await kem.decapsulate(imported, decodeHex(test.ct))), test.ss);
  }
});

Deno.test("createXWing() encapsulates X25519 as the draft's vectors say", async () => {
  for (const test of cases) {
    // The last 32 bytes of eseed are X25519's; those of ML-KEM cannot be chosen (see createXWing).
    const kem = createXWing(() => decodeHex(test.eseed.slice(64)));
    const { enc } = await kem.encapsulate(await kem.importPublicKey(decodeHex(test.pk)));
    assert.equal(encodeHex(enc.subarray(1_088)), test.ct.slice(2 * 1_088));
  }
});

Deno.test("createXWing() and hpke-js decapsulate each other's encapsulations", async () => {
  const ours = createXWing();
  const theirs = new XWing();
  assert.equal(ours.id, theirs.id);
  for (const test of cases) {
    const ikm = decodeHex(test.eseed);
    const ourPair = await ours.deriveKeyPair(ikm);
    const theirPair = await theirs.deriveKeyPair(ikm);
    const raw = ours.exportPublicKey(ourPair.publicKey);
    assert.deepEqual(new Uint8Array(await theirs.serializePublicKey(theirPair.publicKey)), raw);
    assert.deepEqual(
      new Uint8Array(await theirs.serializePrivateKey(theirPair.privateKey)),
      ours.exportPrivateKey(ourPair.privateKey),
    );

    const toThem = await ours.encapsulate(ourPair.publicKey);
    const opened = await theirs.decap({ recipientKey: theirPair.privateKey, enc: toThem.enc.buffer });
    assert.deepEqual(new Uint8Array(opened), toThem.sharedSecret);

    // hpke-js on the draft's own randomness shows that the other side of this comparison is sound.
    const recipientPublicKey = await theirs.deserializePublicKey(decodeHex(test.pk).buffer);
    const draft = await theirs.encap({ recipientPublicKey, ekm: decodeHex(test.eseed).buffer });
    assert.equal(encodeHex(new Uint8Array(draft.sharedSecret)), test.ss);
    assert.equal(encodeHex(new Uint8Array(draft.enc)), test.ct);

    const toUs = await theirs.encap({ recipientPublicKey: theirPair.publicKey });
    assert.deepEqual(
      await ours.decapsulate(ourPair.privateKey, new Uint8Array(toUs.enc)),
      new Uint8Array(toUs.sharedSecret),
    );
  }
});
