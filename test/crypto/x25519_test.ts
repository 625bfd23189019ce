import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import { X25519PrivateKey, X25519PublicKey } from "../../lib/crypto/mod.ts";
import { loadVectors, type WycheproofFile } from "../vectors/load_vectors.ts";

interface X25519Case {
  public: string;
  private: string;
  shared: string;
}

Deno.test("X25519PrivateKey.agree() agrees with Wycheproof and refuses every all-zero secret", () => {
  const file = loadVectors<WycheproofFile<unknown, X25519Case>>("wycheproof/x25519_test.json");
  const ran = { agreed: 0, refused: 0 };
  for (const { tests } of file.testGroups) {
    for (const test of tests) {
      const privateKey = new X25519PrivateKey(decodeHex(test.private));
      const publicKey = new X25519PublicKey(decodeHex(test.public));
      if (test.flags.includes("ZeroSharedSecret")) {
        assert.throws(() => privateKey.agree(publicKey), { code: "x25519-public-key-invalid" }, test.comment);
        ran.refused++;
      } else {
        assert.equal(encodeHex(privateKey.agree(publicKey)), test.shared, `${test.tcId} ${test.comment}`);
        ran.agreed++;
      }
    }
  }
  assert.deepEqual(ran, { agreed: 487, refused: 31 });
});

Deno.test("X25519PrivateKey agrees with WebCrypto", async () => {
  const raw = fc.uint8Array({ minLength: 32, maxLength: 32 });
  await fc.assert(
    fc.asyncProperty(raw, async (bytes) => {
      const theirs = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]) as CryptoKeyPair;
      const theirRaw = new Uint8Array(await crypto.subtle.exportKey("raw", theirs.publicKey));
      const ours = new X25519PrivateKey(bytes);
      const secret = ours.agree(new X25519PublicKey(theirRaw));
      const ourKey = await crypto.subtle.importKey("raw", ours.publicKey(), "X25519", true, []);
      const params = { name: "X25519", public: ourKey };
      assert.deepEqual(
        new Uint8Array(await crypto.subtle.deriveBits(params, theirs.privateKey, 256)),
        secret,
      );
    }),
    { numRuns: 20 },
  );
});

Deno.test("X25519 keys of another size are refused", () => {
  for (const size of [0, 31, 33]) {
    assert.throws(() => new X25519PrivateKey(new Uint8Array(size)), { code: "size-invalid" });
    assert.throws(() => new X25519PublicKey(new Uint8Array(size)), { code: "size-invalid" });
  }
});
