import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv } from "node:crypto";
import fc from "fast-check";
import { signHmac, systemRandom } from "../../../lib/crypto/mod.ts";
import {
  admitDhGroup,
  assertDhPublicValue,
  decodeBigInteger,
  decryptAes256Cbc,
  decryptAesCbcBlocks,
  decryptAesCfb,
  defineDhGroup,
  Des,
  dhGroup14,
  DhKeyPair,
  encodeBigInteger,
  encryptAes256Cbc,
  encryptAesCbcBlocks,
  encryptAesCfb,
  formatRsaPrivateKey,
  formatRsaPublicKey,
  generateRsaKey,
  generateSafePrime,
  HmacKey,
  modPow,
  parseRsaPrivateKey,
  parseRsaPublicKey,
  signPss,
  unpadPkcs7,
  verifyPss,
} from "../../../lib/legacy/core/mod.ts";
import { concatBytes, encodeUtf8 } from "../../../lib/bytes/mod.ts";

const hex = (text: string) => Uint8Array.fromHex(text);

Deno.test("Des gives the known answers of FIPS 81 and others, message after message", () => {
  const des = new Des(hex("0123456789abcdef"));
  // "Now is the time for all " (FIPS 81, table B1)
  const plaintext = encodeUtf8("Now is the time for all "),
    ciphertext = hex("3fa40e8a984d48156a271787ab8883f9893d51ec4b563b53");
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(des.encrypt(plaintext), ciphertext);
    assert.deepEqual(des.decrypt(ciphertext), plaintext);
    assert.deepEqual(
      des.encrypt(plaintext.subarray(8)),
      ciphertext.slice(8),
      "equal blocks, equal ciphertext",
    );
  }
  assert.throws(() => des.encrypt(new Uint8Array(7)));
  assert.throws(() => des.decrypt(new Uint8Array(0)));
  assert.throws(() => new Des(new Uint8Array(7)));
});

Deno.test("DhKeyPair agrees, pads to the modulus and refuses degenerate values", () => {
  const group = dhGroup14();
  assert.equal(group.bytes, 256);
  const one = DhKeyPair.generate(group, systemRandom), two = DhKeyPair.generate(group, systemRandom);
  assert.deepEqual(one.computeSecret(two.publicValue), two.computeSecret(one.publicValue));
  assert.equal(one.publicValue.length, 256);
  const p = group.modulus;
  for (const value of [0n, 1n, p - 1n, p, p + 2n]) {
    assert.throws(() => one.computeSecret(encodeBigInteger(value, 256)), { code: "dh-value-refused" });
  }
  assert.throws(() => one.computeSecret(new Uint8Array(257).fill(7)), { code: "dh-value-refused" });
  // A secret with zeros in front: 2 ** (a * b) with a * b small.
  const small = new DhKeyPair(group, Uint8Array.of(3));
  assert.deepEqual(small.computeSecret(Uint8Array.of(2)), encodeBigInteger(8n, 256));
});

Deno.test("assertDhPublicValue() refuses elements of small order where the group has them", () => {
  const toy = defineDhGroup(1021n, 2n, 6);
  const refused = [...Array(1021).keys()].filter((value) => {
    try {
      assertDhPublicValue(toy, BigInt(value));
      return false;
    } catch {
      return true;
    }
  });
  // 1020 = 2 · 2 · 3 · 5 · 17: orders 1 to 6 have 1 + 1 + 2 + 2 + 4 + 2 elements; 0 is none.
  assert.equal(refused.length, 13);
});

Deno.test("admitDhGroup() takes safe primes only", async () => {
  const p = await generateSafePrime(512, systemRandom);
  assert.equal(p.toString(2).length, 512);
  assert.equal(modPow(2n, (p - 1n) / 2n, p), 1n, "2 generates the subgroup of prime order");
  assert.equal((await admitDhGroup(p, 2n)).bytes, 64);
  const refusals: [bigint, bigint][] = [[p, 1n], [p, p - 1n], [p + 2n, 2n], [23n, 2n], [
    (1n << 4096n) + 1n,
    2n,
  ]];
  for (const [modulus, generator] of refusals) {
    await assert.rejects(admitDhGroup(modulus, generator), { code: "dh-group-refused" });
  }
});

Deno.test("big integers survive their encoding", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 1n << 520n }), (value) => {
    assert.equal(decodeBigInteger(encodeBigInteger(value)), value);
    assert.equal(decodeBigInteger(encodeBigInteger(value, 70)), value);
  }));
  assert.throws(() => encodeBigInteger(256n, 1));
  assert.throws(() => encodeBigInteger(-1n));
});

Deno.test("AES in CBC and in CFB give the answers of NIST SP 800-38A", () => {
  const key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
  const iv = hex("000102030405060708090a0b0c0d0e0f");
  const plaintext = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  const ciphertext = encryptAes256Cbc(key, iv, plaintext);
  assert.equal(
    ciphertext.subarray(0, 32).toHex(),
    "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d",
  );
  assert.deepEqual(decryptAes256Cbc(key, iv, ciphertext), plaintext);
  assert.throws(() => decryptAes256Cbc(key, iv, ciphertext.subarray(0, 30)), { code: "decryption-failed" });
  const native = createDecipheriv("aes-256-cbc", key, iv).setAutoPadding(true);
  assert.deepEqual(new Uint8Array([...native.update(ciphertext), ...native.final()]), plaintext);
  const cfb = encryptAesCfb(key, iv, plaintext);
  assert.equal(cfb.toHex(), "dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407b");
  assert.deepEqual(decryptAesCfb(key, iv, cfb), plaintext);
});

Deno.test("AES-CBC in blocks does what the runtime's does, and AES-192 gives the answer of NIST SP 800-38A", () => {
  fc.assert(fc.property(fc.constantFrom(16, 32), fc.uint8Array({ maxLength: 100 }), (size, plaintext) => {
    const key = new Uint8Array(size).fill(size), iv = new Uint8Array(16).fill(3);
    const cipher = createCipheriv(size === 16 ? "aes-128-cbc" : "aes-256-cbc", key, iv);
    const native = concatBytes(cipher.update(plaintext), cipher.final());
    const sealed = encryptAesCbcBlocks(key, iv, plaintext);
    assert.deepEqual(sealed, native);
    assert.deepEqual(unpadPkcs7(decryptAesCbcBlocks(key, concatBytes(iv, sealed))), plaintext);
  }));
  const key = hex("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"); // F.2.3
  const iv = hex("000102030405060708090a0b0c0d0e0f"), block = hex("6bc1bee22e409f96e93d7e117393172a");
  const sealed = encryptAesCbcBlocks(key, iv, block);
  assert.equal(sealed.subarray(0, 16).toHex(), "4f021db243bc633d7178183a9fa071e8");
  for (const last of [0, 17, 2]) assert.equal(unpadPkcs7(block.with(15, last)), undefined);
});

Deno.test("RSA keys are read and written in the classic formats", async () => {
  const key = await generateRsaKey();
  const pem = formatRsaPrivateKey(key), sealed = formatRsaPrivateKey(key, "pässword");
  assert.match(pem, /^-----BEGIN RSA PRIVATE KEY-----\nMII/);
  assert.match(sealed, /Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,/);
  assert.ok(parseRsaPrivateKey(pem).equals(key));
  assert.ok(parseRsaPrivateKey(sealed, "pässword").equals(key));
  assert.throws(() => parseRsaPrivateKey(sealed, "password"), { code: "passphrase-wrong" });
  assert.throws(() => parseRsaPrivateKey("nothing"), { code: "key-malformed" });
  assert.throws(() => parseRsaPublicKey(pem), { code: "key-malformed" });
  const publicKey = parseRsaPublicKey(formatRsaPublicKey(key));
  const message = encodeUtf8("message"), signature = signPss(key, message);
  assert.ok(verifyPss(publicKey, message, signature, 222));
  assert.ok(verifyPss(publicKey, message, signature, "any"));
  assert.ok(!verifyPss(publicKey, message, signature, 32));
  assert.ok(!verifyPss(publicKey, message, signature.subarray(1), "any"));
});

Deno.test("HmacKey computes what signHmac() computes, message after message, with and without a prefix", () => {
  // Up to and past the room that a key keeps, so that a long message stands between short ones, too.
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ minLength: 1000, maxLength: 3000 }),
  );
  const messages = fc.array(fc.record({ data: bytes, prefix: bytes }), { minLength: 2, maxLength: 5 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), messages, (key, messages) => {
    const hmac = new HmacKey(key);
    for (const { data, prefix } of messages) {
      const plain = signHmac("SHA-256", key, data);
      const prefixed = signHmac("SHA-256", key, concatBytes(prefix, data));
      assert.deepEqual(hmac.sign(data), plain);
      assert.deepEqual(hmac.sign(data, prefix), prefixed);
      assert.deepEqual(hmac.sign(data), plain, "nothing is left of the prefix");
      assert.ok(hmac.verify(data, plain));
      assert.ok(hmac.verify(data, prefixed, prefix));
      assert.ok(!hmac.verify(data, plain.with(0, plain[0]! ^ 1)));
      assert.ok(!hmac.verify(data, plain.subarray(1)));
    }
  }));
});

Deno.test("HmacKey computes the same on either side of the room that it keeps", () => {
  const key = new Uint8Array(32).fill(7), hmac = new HmacKey(key);
  for (const length of [1023, 1024, 1025, 5000, 1024, 0]) {
    const data = new Uint8Array(length).fill(length);
    assert.deepEqual(hmac.sign(data), signHmac("SHA-256", key, data));
    const half = data.subarray(length / 2);
    assert.deepEqual(hmac.sign(half, data), signHmac("SHA-256", key, concatBytes(data, half)));
  }
});
