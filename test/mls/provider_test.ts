import assert from "node:assert/strict";
import {
  ciphersuites,
  defaultCryptoProvider,
  getCiphersuiteFromName,
  type PrivateKey,
  type PublicKey,
} from "ts-mls";
import { encodeUtf8 } from "../../lib/bytes/mod.ts";
import { AuthenticationError, DecodeError, UsageError } from "../../lib/errors/mod.ts";
import {
  createProvider,
  defaultSuite,
  interoperableSuite,
  isSupportedSuite,
  webCryptoProvider,
} from "../../lib/mls/provider.ts";

const supported = [defaultSuite, interoperableSuite] as const;
const empty = new Uint8Array(0);
const message = encodeUtf8("message");

Deno.test("getCiphersuiteImpl() refuses every other suite of ts-mls with a typed error", async () => {
  let refused = 0;
  for (const name of Object.keys(ciphersuites) as (keyof typeof ciphersuites)[]) {
    if (isSupportedSuite(name)) continue;
    await assert.rejects(
      webCryptoProvider.getCiphersuiteImpl(getCiphersuiteFromName(name)),
      (error: unknown) => error instanceof UsageError && error.code === "mls-suite-unsupported",
    );
    refused++;
  }
  assert.equal(refused, Object.keys(ciphersuites).length - 2);
});

for (const name of supported) {
  const suite = getCiphersuiteFromName(name);

  Deno.test(`${name}: both providers hash, expand and authenticate alike`, async () => {
    const ours = await webCryptoProvider.getCiphersuiteImpl(suite);
    const theirs = await defaultCryptoProvider.getCiphersuiteImpl(suite);
    // ts-mls' own provider wants a salt as long as the hash.
    const key = new Uint8Array(ours.kdf.size).fill(3);
    assert.equal(ours.name, name);
    assert.equal(ours.kdf.size, theirs.kdf.size);
    assert.equal(ours.hpke.keyLength, theirs.hpke.keyLength);
    assert.equal(ours.hpke.nonceLength, theirs.hpke.nonceLength);
    assert.deepEqual(await ours.hash.digest(message), await theirs.hash.digest(message));
    const mac = await theirs.hash.mac(key, message);
    assert.deepEqual(await ours.hash.mac(key, message), mac);
    assert.equal(await ours.hash.verifyMac(key, mac, message), true);
    assert.equal(await ours.hash.verifyMac(key, mac, empty), false);
    assert.deepEqual(await ours.kdf.extract(key, message), await theirs.kdf.extract(key, message));
    assert.deepEqual(await ours.kdf.expand(key, message, 100), await theirs.kdf.expand(key, message, 100));
  });

  Deno.test(`${name}: both providers encrypt alike and open each other's messages`, async () => {
    const ours = await webCryptoProvider.getCiphersuiteImpl(suite);
    const theirs = await defaultCryptoProvider.getCiphersuiteImpl(suite);
    const key = new Uint8Array(ours.hpke.keyLength).fill(1);
    const nonce = new Uint8Array(ours.hpke.nonceLength).fill(2);
    for (const plaintext of [empty, message, new Uint8Array(100_000).fill(7)]) {
      for (const aad of [undefined, message]) {
        const sealed = await ours.hpke.encryptAead(key, nonce, aad, plaintext);
        assert.deepEqual(sealed, await theirs.hpke.encryptAead(key, nonce, aad, plaintext));
        assert.deepEqual(await ours.hpke.decryptAead(key, nonce, aad, sealed), plaintext);
      }
    }
  });

  Deno.test(`${name}: both providers derive the same HPKE keys and read each other's formats`, async () => {
    const ours = await webCryptoProvider.getCiphersuiteImpl(suite);
    const theirs = await defaultCryptoProvider.getCiphersuiteImpl(suite);
    const ikm = new Uint8Array(64).fill(9);
    const ourPair = await ours.hpke.deriveKeyPair(ikm);
    const theirPair = await theirs.hpke.deriveKeyPair(ikm);
    const publicKey = await ours.hpke.exportPublicKey(ourPair.publicKey);
    const privateKey = await ours.hpke.exportPrivateKey(ourPair.privateKey);
    assert.deepEqual(await theirs.hpke.exportPublicKey(theirPair.publicKey), publicKey);
    assert.deepEqual(await theirs.hpke.exportPrivateKey(theirPair.privateKey), privateKey);

    for (const [sender, recipient] of [[ours.hpke, theirs.hpke], [theirs.hpke, ours.hpke]] as const) {
      const to = await sender.importPublicKey(publicKey);
      const own = await recipient.importPrivateKey(privateKey);
      const sealed = await sender.seal(to, message, encodeUtf8("info"), encodeUtf8("aad"));
      assert.deepEqual(
        await recipient.open(own, sealed.enc, sealed.ct, encodeUtf8("info"), encodeUtf8("aad")),
        message,
      );
      const exported = await sender.exportSecret(to, message, 40, empty);
      assert.deepEqual(
        await recipient.importSecret(own, message, exported.enc, 40, empty),
        exported.secret,
      );
    }
  });

  Deno.test(`${name}: both providers sign and verify with each other's keys`, async () => {
    const ours = await webCryptoProvider.getCiphersuiteImpl(suite);
    const theirs = await defaultCryptoProvider.getCiphersuiteImpl(suite);
    for (const generator of [ours.signature, theirs.signature]) {
      const { signKey, publicKey } = await generator.keygen();
      const signature = await ours.signature.sign(signKey, message);
      assert.deepEqual(await theirs.signature.sign(signKey, message), signature);
      assert.equal(await ours.signature.verify(publicKey, message, signature), true);
      assert.equal(await theirs.signature.verify(publicKey, message, signature), true);
      assert.equal(await ours.signature.verify(publicKey, empty, signature), false);
    }
  });

  Deno.test(`${name}: keygen() gives a seed of 32 bytes and takes randomness from the argument`, async () => {
    const fixed = await createProvider((length) => new Uint8Array(length).fill(5)).getCiphersuiteImpl(suite);
    const first = await fixed.signature.keygen();
    assert.deepEqual(first.signKey, new Uint8Array(32).fill(5));
    assert.deepEqual(await fixed.signature.keygen(), first);
    assert.deepEqual(fixed.rng.randomBytes(3), Uint8Array.of(5, 5, 5));
    const [one, two] = [await fixed.hpke.generateKeyPair(), await fixed.hpke.generateKeyPair()];
    assert.deepEqual(
      await fixed.hpke.exportPublicKey(one.publicKey),
      await fixed.hpke.exportPublicKey(two.publicKey),
    );
  });

  Deno.test(`${name}: an array is imported once, and again after it was overwritten`, async () => {
    const { hpke } = await webCryptoProvider.getCiphersuiteImpl(suite);
    const pair = await hpke.generateKeyPair();
    const raw = await hpke.exportPublicKey(pair.publicKey);
    assert.equal(await hpke.importPublicKey(raw), pair.publicKey);
    const other = await hpke.exportPublicKey((await hpke.generateKeyPair()).publicKey);
    raw.set(other);
    const imported = await hpke.importPublicKey(raw);
    assert.notEqual(imported, pair.publicKey);
    assert.deepEqual(await hpke.exportPublicKey(imported), other);
    assert.equal(await hpke.importPublicKey(raw), imported);
  });

  Deno.test(`${name}: malformed keys and forged messages are typed errors`, async () => {
    const { hpke, signature } = await webCryptoProvider.getCiphersuiteImpl(suite);
    for (const size of [0, 31, 33, 47, 5_000]) {
      const bytes = new Uint8Array(size);
      await assert.rejects(hpke.importPublicKey(bytes), DecodeError);
      await assert.rejects(hpke.importPrivateKey(bytes), DecodeError);
      await assert.rejects(signature.sign(bytes, message), DecodeError);
      await assert.rejects(signature.verify(bytes, message, new Uint8Array(64)), DecodeError);
    }
    const { privateKey, publicKey } = await hpke.generateKeyPair();
    const { enc, ct } = await hpke.seal(publicKey, message, empty);
    ct[0]! ^= 1;
    await assert.rejects(hpke.open(privateKey, enc, ct, empty), AuthenticationError);
    await assert.rejects(
      hpke.decryptAead(new Uint8Array(hpke.keyLength), new Uint8Array(12), undefined, message),
      AuthenticationError,
    );
  });

  Deno.test(`${name}: keys of another provider are refused`, async () => {
    const { hpke } = await webCryptoProvider.getCiphersuiteImpl(suite);
    const theirs = await defaultCryptoProvider.getCiphersuiteImpl(suite);
    const pair: { publicKey: PublicKey; privateKey: PrivateKey } = await theirs.hpke.generateKeyPair();
    const isForeign = (error: unknown) => error instanceof UsageError && error.code === "mls-key-foreign";
    await assert.rejects(hpke.seal(pair.publicKey, message, empty), isForeign);
    await assert.rejects(hpke.open(pair.privateKey, empty, empty, empty), isForeign);
    await assert.rejects(hpke.exportPublicKey(pair.publicKey), isForeign);
    await assert.rejects(hpke.exportPrivateKey(pair.privateKey), isForeign);
  });
}
