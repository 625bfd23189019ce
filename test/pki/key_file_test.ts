import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { formatPem, parsePem } from "../../lib/bytes/mod.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import {
  exportPrivateKey,
  exportPublicKey,
  fingerprintOf,
  generateKeyPair,
  importPrivateKey,
  importPublicKey,
  isEncryptedPrivateKey,
  KEY_ALGORITHMS,
  type KeyAlgorithm,
  parsePublicKeyInfo,
  signMessage,
  verifyMessage,
} from "../../lib/pki/mod.ts";
import { certsFolder, fixtureKeys } from "./fixtures.ts";
import { mutationsOf, typedErrorOf } from "../support/mutate.ts";
import { inFolder } from "../support/in_folder.ts";
import { openssl, opensslOk } from "../support/openssl.ts";

const passphrase = new TextEncoder().encode("correct horse");
/** 600,000 iterations are for users; what is tested does not depend on the number. */
const protection = { passphrase, random: systemRandom, iterations: 1000 };
/** Generating RSA keys of 3072 and 4096 bits takes seconds; that they have the size asked for is tested below. */
const quickAlgorithms: KeyAlgorithm[] = ["ed25519", "ecdsa-p256", "rsa-2048", "x25519"];

for (const algorithm of quickAlgorithms) {
  Deno.test(`exportPrivateKey() of ${algorithm} writes what importPrivateKey() and openssl read`, async () => {
    const keys = await generateKeyPair(algorithm);
    await inFolder(async (dir) => {
      const plain = await exportPrivateKey(keys.privateKey);
      const encrypted = await exportPrivateKey(keys.privateKey, protection);
      await Deno.writeTextFile(join(dir, "plain"), plain);
      await Deno.writeTextFile(join(dir, "encrypted"), encrypted);
      await Deno.writeFile(join(dir, "passphrase"), passphrase);
      const expected = exportPublicKey(keys.spki);
      assert.equal(await opensslOk(dir, "pkey", "-in", "plain", "-pubout"), expected);
      const open = ["-in", "encrypted", "-passin", "file:passphrase"];
      assert.equal(await opensslOk(dir, "pkey", ...open, "-pubout"), expected);
      assert.deepEqual(importPublicKey(expected), keys.spki);

      assert.deepEqual([isEncryptedPrivateKey(plain), isEncryptedPrivateKey(encrypted)], [false, true]);
      for (const again of [await importPrivateKey(plain), await importPrivateKey(encrypted, passphrase)]) {
        assert.deepEqual(again.spki, keys.spki);
        assert.deepEqual([again.type, again.bits], [keys.type, keys.bits]);
        assert.equal(await exportPrivateKey(again.privateKey), plain);
      }
    });
  });
}

Deno.test("importPrivateKey() reads openssl's keys, plain and encrypted", async () => {
  const kinds: [string, string[]][] = [
    ["ed25519", ["-algorithm", "ed25519"]],
    ["x25519", ["-algorithm", "x25519"]],
    ["ecdsa-p256", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]],
    ["ecdsa-p384", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]],
    ["rsa", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]],
  ];
  await inFolder(async (dir) => {
    await Deno.writeFile(join(dir, "passphrase"), passphrase);
    for (const [type, args] of kinds) {
      await opensslOk(dir, "genpkey", ...args, "-out", "plain");
      const seal = ["-topk8", "-v2", "aes-256-cbc", "-passout", "file:passphrase"];
      await opensslOk(dir, "pkcs8", ...seal, "-in", "plain", "-out", "encrypted");
      const expected = importPublicKey(await opensslOk(dir, "pkey", "-in", "plain", "-pubout"));
      const plain = await importPrivateKey(await Deno.readTextFile(join(dir, "plain")));
      const encrypted = await importPrivateKey(await Deno.readTextFile(join(dir, "encrypted")), passphrase);
      assert.equal(plain.type, type);
      assert.deepEqual(plain.spki, expected);
      assert.deepEqual(encrypted.spki, expected);
    }
  });
});

Deno.test("importPrivateKey() names what is wrong with other key files", async () => {
  await inFolder(async (dir) => {
    await Deno.writeFile(join(dir, "passphrase"), passphrase);
    await opensslOk(dir, "genpkey", "-algorithm", "ed25519", "-out", "plain");
    const seal = (...args: string[]) =>
      opensslOk(dir, "pkcs8", "-topk8", "-in", "plain", "-passout", "file:passphrase", ...args);
    const cases: [string, string, string][] = [
      ["another cipher", await seal("-v2", "aes-128-cbc"), "key-encryption-unsupported"],
      [
        "another hash",
        await seal("-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"),
        "key-encryption-unsupported",
      ],
      ["scrypt", await seal("-scrypt"), "key-encryption-unsupported"],
      ["another curve", await opensslOk(dir, "genpkey", "-algorithm", "ed448"), "key-unsupported"],
      ["another label", formatPem("EC PRIVATE KEY", new Uint8Array(40)), "key-malformed"],
      ["no key", formatPem("PRIVATE KEY", new Uint8Array(40)), "key-malformed"],
      ["no PEM", "hello", "pem-malformed"],
    ];
    for (const [what, pem, code] of cases) {
      assert.equal((await typedErrorOf(() => importPrivateKey(pem, passphrase)))?.code, code, what);
    }
  });
});

Deno.test("importPrivateKey() throws passphrase-wrong for every wrong passphrase and nothing else", async () => {
  const pem = await exportPrivateKey((await fixtureKeys("good-ed25519.key")).privateKey, {
    ...protection,
    iterations: 1,
  });
  assert.equal((await typedErrorOf(() => importPrivateKey(pem)))?.code, "passphrase-required");
  // One wrong passphrase in 256 passes the padding check: among a thousand some do.
  for (let i = 0; i < 1000; i++) {
    const error = await typedErrorOf(() => importPrivateKey(pem, new TextEncoder().encode(`wrong ${i}`)));
    assert.deepEqual([error?.kind, error?.code, error?.cause], [
      "authentication",
      "passphrase-wrong",
      undefined,
    ]);
  }
});

Deno.test("exportPrivateKey() refuses an empty passphrase", async () => {
  const { privateKey } = await generateKeyPair("ed25519");
  const empty = { ...protection, passphrase: new Uint8Array(0) };
  await assert.rejects(exportPrivateKey(privateKey, empty), { code: "passphrase-empty" });
});

Deno.test("importPrivateKey() throws only typed errors when given mutated keys", async () => {
  for (const file of ["good-ed25519.key", "good-p256.key", "good-rsa.key"]) {
    const [block] = parsePem(await Deno.readTextFile(certsFolder + file));
    await fc.assert(fc.asyncProperty(mutationsOf(block!.bytes), async (der) => {
      const error = await typedErrorOf(() => importPrivateKey(formatPem("PRIVATE KEY", der)));
      if (error !== undefined) assert.equal(error.kind, "decode");
    }));
  }
  const encrypted = await exportPrivateKey((await fixtureKeys("good-ed25519.key")).privateKey, {
    ...protection,
    iterations: 1,
  });
  await fc.assert(
    fc.asyncProperty(mutationsOf(parsePem(encrypted)[0]!.bytes), async (der) => {
      await typedErrorOf(() => importPrivateKey(formatPem("ENCRYPTED PRIVATE KEY", der), passphrase));
    }),
    { numRuns: 200 },
  );
});

Deno.test("fingerprintOf() is openssl's SHA-256 of the public key", async () => {
  const { spki } = await fixtureKeys("good-ed25519.key");
  await inFolder(async (dir) => {
    await opensslOk(
      dir,
      "pkey",
      "-in",
      `${certsFolder}good-ed25519.key`,
      "-pubout",
      "-outform",
      "DER",
      "-out",
      "p",
    );
    await opensslOk(dir, "dgst", "-sha256", "-binary", "-out", "hash", "p");
    const expected = (await Deno.readFile(join(dir, "hash"))).toBase64({ omitPadding: true });
    assert.equal(fingerprintOf(spki), `SHA256:${expected}`);
    assert.match(fingerprintOf(spki), /^SHA256:[A-Za-z0-9+/]{43}$/);
  });
});

Deno.test("generateKeyPair() refuses an algorithm it does not know and offers those of the help", async () => {
  assert.deepEqual(KEY_ALGORITHMS, [
    "ed25519",
    "ecdsa-p256",
    "ecdsa-p384",
    "rsa-2048",
    "rsa-3072",
    "rsa-4096",
    "x25519",
    "ml-dsa-65",
    "ml-kem-768",
  ]);
  await assert.rejects(generateKeyPair("rsa-1024" as KeyAlgorithm), { code: "key-algorithm-unknown" });
});

Deno.test("parsePublicKeyInfo() tells the size of openssl's keys", async () => {
  await inFolder(async (dir) => {
    for (const bits of [1024, 2047, 3072]) {
      const options = ["-algorithm", "RSA", "-pkeyopt", `rsa_keygen_bits:${bits}`];
      await opensslOk(dir, "genpkey", ...options, "-out", "key");
      const spki = importPublicKey(await opensslOk(dir, "pkey", "-in", "key", "-pubout"));
      const { type, bits: found } = parsePublicKeyInfo(spki);
      assert.deepEqual({ type, bits: found }, { type: "rsa", bits });
    }
  });
});

Deno.test("verifyMessage() accepts what signMessage() signed and nothing that was changed", async () => {
  const message = new TextEncoder().encode("hello");
  const other = await fixtureKeys("bad.key");
  for (const file of ["good-ed25519.key", "good-p256.key", "good-rsa.key"]) {
    const { privateKey, spki } = await fixtureKeys(file);
    const signature = await signMessage(message, privateKey);
    assert.equal(await verifyMessage(message, signature, spki), true);
    assert.equal(await verifyMessage(message, signature, other.spki), false);
    assert.equal(await verifyMessage(new Uint8Array(5), signature, spki), false);
    await fc.assert(fc.asyncProperty(mutationsOf(signature), async (changed) => {
      fc.pre(changed.toHex() !== signature.toHex());
      assert.equal(await verifyMessage(message, changed, spki), false);
    }));
  }
  const agreement = await generateKeyPair("x25519");
  await assert.rejects(signMessage(message, agreement.privateKey), { code: "key-cannot-sign" });
  assert.equal(await verifyMessage(message, new Uint8Array(64), agreement.spki), false);
});

Deno.test("openssl refuses our encrypted key under a wrong passphrase", async () => {
  await inFolder(async (dir) => {
    const keys = await fixtureKeys("good-ed25519.key");
    await Deno.writeTextFile(join(dir, "key"), await exportPrivateKey(keys.privateKey, protection));
    await Deno.writeTextFile(join(dir, "wrong"), "wrong");
    assert.notEqual((await openssl(dir, "pkey", "-in", "key", "-passin", "file:wrong", "-noout")).code, 0);
  });
});
