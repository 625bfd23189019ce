import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultCryptoProvider, getCiphersuiteFromName } from "ts-mls";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import {
  aes128Gcm,
  aes256Gcm,
  chacha20Poly1305,
  createDhkemX25519,
  createHpke,
  createXWing,
  hkdfSha256,
  hkdfSha512,
  type Hpke,
  systemRandom,
} from "../../lib/crypto/mod.ts";
import { createKeySchedule } from "../../lib/crypto/hpke_key_schedule.ts";
import { AuthenticationError, DecodeError, UsageError } from "../../lib/errors/mod.ts";
import { loadVectors } from "../vectors/load_vectors.ts";

interface Rfc9180Case {
  name: string;
  aead_id: number;
  info: string;
  ikmE: string;
  skEm: string;
  pkEm: string;
  ikmR: string;
  skRm: string;
  pkRm: string;
  enc: string;
  shared_secret: string;
  key: string;
  base_nonce: string;
  encryptions: { sequence: number; pt: string; aad: string; ct: string }[];
  exports: { exporter_context: string; L: number; exported_value: string }[];
}

const cases = loadVectors<Rfc9180Case[]>("rfc9180/base.json");

/** The suite of a case, whose sender draws the case's ephemeral key. */
function suiteOf(test: Rfc9180Case): Hpke {
  const aead = { 1: aes128Gcm, 3: chacha20Poly1305 }[test.aead_id]!;
  return createHpke({ kem: createDhkemX25519(() => decodeHex(test.skEm)), kdf: hkdfSha256, aead });
}

Deno.test("DHKEM(X25519, HKDF-SHA256) gives the keys and secrets of RFC 9180", async () => {
  assert.equal(cases.length, 2);
  for (const test of cases) {
    const { kem } = suiteOf(test);
    for (
      const [ikm, sk, pk] of [[test.ikmR, test.skRm, test.pkRm], [test.ikmE, test.skEm, test.pkEm]] as const
    ) {
      const pair = await kem.deriveKeyPair(decodeHex(ikm));
      assert.equal(encodeHex(kem.exportPrivateKey(pair.privateKey)), sk, test.name);
      assert.equal(encodeHex(kem.exportPublicKey(pair.publicKey)), pk, test.name);
    }
    const { enc, sharedSecret } = await kem.encapsulate(await kem.importPublicKey(decodeHex(test.pkRm)));
    assert.equal(encodeHex(enc), test.enc, test.name);
    assert.equal(encodeHex(sharedSecret), test.shared_secret, test.name);
    const privateKey = await kem.importPrivateKey(decodeHex(test.skRm));
    assert.equal(encodeHex(await kem.decapsulate(privateKey, enc)), test.shared_secret, test.name);
  }
});

Deno.test("createKeySchedule() gives the secrets of RFC 9180", () => {
  for (const test of cases) {
    const { kem, kdf, aead } = suiteOf(test);
    const schedule = createKeySchedule(kem.id, kdf, aead);
    const secrets = schedule.derive(decodeHex(test.shared_secret), schedule.hashInfo(decodeHex(test.info)));
    assert.equal(encodeHex(secrets.key.exposeRaw()), test.key, test.name);
    assert.equal(encodeHex(secrets.baseNonce), test.base_nonce, test.name);
  }
});

Deno.test("createHpke() seals, opens and exports as RFC 9180 says", async () => {
  let messages = 0;
  let exported = 0;
  for (const test of cases) {
    const hpke = suiteOf(test);
    const [enc, info] = [decodeHex(test.enc), decodeHex(test.info)];
    const publicKey = await hpke.kem.importPublicKey(decodeHex(test.pkRm));
    const privateKey = await hpke.kem.importPrivateKey(decodeHex(test.skRm));
    const sender = await hpke.setupSender(publicKey, info);
    const recipient = await hpke.setupRecipient(privateKey, { enc, info });
    assert.deepEqual(sender.enc, enc);

    let sequence = 0;
    for (const { sequence: wanted, pt, aad, ct } of test.encryptions) {
      // The appendix prints a few of the messages; those between them are sent too.
      for (; sequence < wanted; sequence++) recipient.open(sender.seal(new Uint8Array(0)));
      const sealed = sender.seal(decodeHex(pt), decodeHex(aad));
      assert.equal(encodeHex(sealed), ct, `${test.name} ${wanted}`);
      assert.equal(encodeHex(recipient.open(sealed, decodeHex(aad))), pt, `${test.name} ${wanted}`);
      sequence++;
      messages++;
    }

    for (const { exporter_context, L: length, exported_value } of test.exports) {
      const exporterContext = decodeHex(exporter_context);
      assert.equal(encodeHex(sender.export(exporterContext, length)), exported_value, test.name);
      assert.equal(encodeHex(recipient.export(exporterContext, length)), exported_value, test.name);
      const input = { info, exporterContext, length };
      assert.equal(encodeHex((await hpke.sendExport(publicKey, input)).secret), exported_value);
      assert.equal(encodeHex(await hpke.receiveExport(privateKey, { enc, ...input })), exported_value);
      exported++;
    }

    const first = test.encryptions[0]!;
    const sealed = await hpke.seal(publicKey, {
      info,
      aad: decodeHex(first.aad),
      plaintext: decodeHex(first.pt),
    });
    assert.equal(encodeHex(sealed.ciphertext), first.ct);
    const input = { enc, info, aad: decodeHex(first.aad), ciphertext: sealed.ciphertext };
    assert.equal(encodeHex(await hpke.open(privateKey, input)), first.pt);
  }
  assert.deepEqual({ messages, exported }, { messages: 12, exported: 6 });
});

Deno.test("the vectors of RFC 9180 A.1.1 hold for @hpke/core too", async () => {
  const test = cases.find(({ name }) => name === "A.1.1")!;
  const suite = getCiphersuiteFromName("MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519");
  const { hpke } = await defaultCryptoProvider.getCiphersuiteImpl(suite);
  const privateKey = await hpke.importPrivateKey(decodeHex(test.skRm));
  const [enc, info] = [decodeHex(test.enc), decodeHex(test.info)];
  const { ct, aad, pt } = test.encryptions[0]!;
  assert.equal(encodeHex(await hpke.open(privateKey, enc, decodeHex(ct), info, decodeHex(aad))), pt);
  for (const { exporter_context, L, exported_value } of test.exports) {
    const secret = await hpke.importSecret(privateKey, decodeHex(exporter_context), enc, L, info);
    assert.equal(encodeHex(secret), exported_value);
  }
});

const suites = [
  createHpke({ kem: createDhkemX25519(), kdf: hkdfSha256, aead: aes128Gcm }),
  createHpke({ kem: createXWing(), kdf: hkdfSha512, aead: aes256Gcm }),
];

for (const hpke of suites) {
  Deno.test(`HPKE with ${hpke.kem.name}: open() returns what seal() took`, async () => {
    const { privateKey, publicKey } = await hpke.kem.generateKeyPair();
    const bytes = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(bytes, bytes, bytes, async (info, aad, plaintext) => {
        const sealed = await hpke.seal(publicKey, { info, aad, plaintext });
        assert.deepEqual(
          await hpke.open(privateKey, { ...sealed, info, aad }),
          new Uint8Array(plaintext),
        );
      }),
      { numRuns: 15 },
    );
  });

  Deno.test(`HPKE with ${hpke.kem.name}: every other key, info, aad or altered byte fails with one error`, async () => {
    const { privateKey, publicKey } = await hpke.kem.generateKeyPair();
    const other = await hpke.kem.generateKeyPair();
    const info = Uint8Array.of(1);
    const aad = Uint8Array.of(2);
    const { enc, ciphertext } = await hpke.seal(publicKey, { info, aad, plaintext: Uint8Array.of(3) });
    const good = { enc, ciphertext, info, aad };
    const attempts = [
      [other.privateKey, good],
      [privateKey, { ...good, info: aad }],
      [privateKey, { ...good, aad: info }],
      [privateKey, { ...good, enc: flipped(enc) }],
      [privateKey, { ...good, enc: new Uint8Array(enc.length) }],
      [privateKey, { ...good, ciphertext: flipped(ciphertext) }],
      [privateKey, { ...good, ciphertext: ciphertext.subarray(1) }],
      [privateKey, { ...good, ciphertext: new Uint8Array(0) }],
    ] as const;
    for (const [key, input] of attempts) {
      await assert.rejects(
        hpke.open(key, input),
        (error: unknown) =>
          error instanceof AuthenticationError && error.code === "decryption-failed" &&
          error.message === "cannot decrypt: wrong key or altered data",
      );
    }
    await assert.rejects(hpke.open(privateKey, { ...good, enc: enc.subarray(1) }), DecodeError);
  });
}

Deno.test("HpkeRecipientContext.open() does not count a message that failed", async () => {
  const hpke = suites[0]!;
  const { privateKey, publicKey } = await hpke.kem.generateKeyPair();
  const info = new Uint8Array(0);
  const sender = await hpke.setupSender(publicKey, info);
  const recipient = await hpke.setupRecipient(privateKey, { enc: sender.enc, info });
  const [first, second] = [sender.seal(Uint8Array.of(1)), sender.seal(Uint8Array.of(2))];
  assert.throws(() => recipient.open(second), AuthenticationError);
  assert.deepEqual(recipient.open(first), Uint8Array.of(1));
  assert.deepEqual(recipient.open(second), Uint8Array.of(2));
});

Deno.test("Hpke.sendExport() refuses more than HKDF can give", async () => {
  const hpke = suites[0]!;
  const { publicKey } = await hpke.kem.generateKeyPair();
  const input = { info: new Uint8Array(0), exporterContext: new Uint8Array(0), length: 255 * 32 + 1 };
  await assert.rejects(hpke.sendExport(publicKey, input), UsageError);
});

function flipped(bytes: Uint8Array): Uint8Array {
  const changed = new Uint8Array(bytes);
  changed[0]! ^= 1;
  return changed;
}

Deno.test("sealEach() encrypts to each recipient what seal() would, in their order", async () => {
  const hpke = createHpke({ kem: createXWing(systemRandom), kdf: hkdfSha512, aead: aes256Gcm });
  const pairs = await Promise.all(Array.from({ length: 3 }, () => hpke.kem.generateKeyPair()));
  const info = crypto.getRandomValues(new Uint8Array(1_000)), aad = Uint8Array.of(7);
  const recipients = pairs.map(({ publicKey }, i) => ({ publicKey, plaintext: Uint8Array.of(i) }));
  const sealed = await hpke.sealEach(recipients, { info, aad });
  for (const [i, { privateKey }] of pairs.entries()) {
    assert.deepEqual(await hpke.open(privateKey, { ...sealed[i]!, info, aad }), Uint8Array.of(i));
    const other = hpke.open(privateKey, { ...sealed[i]!, info: info.subarray(1), aad });
    await assert.rejects(other, { code: "decryption-failed" });
  }
  assert.deepEqual(await hpke.sealEach([], { info }), []);
});
