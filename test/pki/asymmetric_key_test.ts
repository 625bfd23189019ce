import assert from "node:assert/strict";
import { join } from "node:path";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { XWing } from "@hpke/hybridkem-x-wing";
import fc from "fast-check";
import { formatPem, parsePem } from "../../lib/bytes/mod.ts";
import { modpGroup14, systemRandom } from "../../lib/crypto/mod.ts";
import {
  ASYMMETRIC_ALGORITHMS,
  type AsymmetricAlgorithm,
  exportPublicKey,
  formatJsonWebKey,
  formatPrivateKey,
  generateAsymmetricKey,
  parseJsonWebKey,
  parseKeyText,
  parsePublicKeyInfo,
} from "../../lib/pki/mod.ts";
import { DerReader } from "../../lib/pki/der_reader.ts";
import { DerTag } from "../../lib/pki/der_tag.ts";
import { derBits, derInteger, derSequence } from "../../lib/pki/der_writer.ts";
import { certsFolder } from "./fixtures.ts";
import { inFolder } from "../support/in_folder.ts";
import { mutationsOf, typedErrorOf } from "../support/mutate.ts";
import { opensslOk } from "../support/openssl.ts";

const passphrase = new TextEncoder().encode("correct horse");
const protection = { passphrase, random: systemRandom, iterations: 1000 };
const never = () => Promise.reject(new Error("nobody is asked"));
/** RSA keys of 3072 and 4096 bits take seconds to make and differ from that of 2048 in nothing else. */
const quick = ASYMMETRIC_ALGORITHMS.filter((one) => one !== "rsa-3072" && one !== "rsa-4096");
const made = new Map<AsymmetricAlgorithm, ReturnType<typeof generateAsymmetricKey>>();

function keyOf(algorithm: AsymmetricAlgorithm): ReturnType<typeof generateAsymmetricKey> {
  const key = made.get(algorithm) ?? generateAsymmetricKey(algorithm, systemRandom);
  made.set(algorithm, key);
  return key;
}

Deno.test("generateAsymmetricKey() makes keys that parseKeyText() reads in every form", async () => {
  for (const algorithm of quick) {
    const key = await keyOf(algorithm);
    assert.equal(key.algorithm, algorithm);
    const texts: [string, string][] = [
      ["pkcs8", await formatPrivateKey(key.pkcs8)],
      ["pkcs8-encrypted", await formatPrivateKey(key.pkcs8, protection)],
      ["spki", exportPublicKey(key.spki)],
    ];
    for (const [form, text] of texts) {
      const found = await parseKeyText(text, () => Promise.resolve(passphrase));
      assert.deepEqual([found.form, found.key.algorithm, found.key.spki], [form, algorithm, key.spki]);
      assert.deepEqual(found.key.pkcs8, form === "spki" ? undefined : key.pkcs8);
    }
  }
  await assert.rejects(generateAsymmetricKey("rsa-1" as AsymmetricAlgorithm, systemRandom), {
    code: "key-algorithm-unknown",
  });
});

Deno.test("formatJsonWebKey() and parseJsonWebKey() are inverse where there is a JWK", async () => {
  for (const algorithm of quick) {
    const { pkcs8, ...half } = await keyOf(algorithm);
    if (["x-wing", "dh-2048", "elgamal-2048"].includes(algorithm)) {
      await assert.rejects(formatJsonWebKey(half), { code: "jwk-unsupported" });
      continue;
    }
    const secret = await formatJsonWebKey({ ...half, pkcs8 });
    const open = await formatJsonWebKey(half);
    assert.deepEqual(await parseJsonWebKey(secret), { ...half, pkcs8 });
    assert.deepEqual(await parseJsonWebKey(open), half);
    assert.doesNotMatch(open, /"(d|p|q|priv|key_ops|ext)"/);
    assert.equal((await parseKeyText(` ${secret}`, never)).form, "jwk");
  }
});

Deno.test("parseJsonWebKey() reads the key of RFC 8037 §A and computes its public half", async () => {
  const jwk = {
    kty: "OKP",
    crv: "Ed25519",
    d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  };
  const { spki } = await parseJsonWebKey(
    JSON.stringify({ ...jwk, use: "sig", key_ops: ["verify"], ext: false }),
  );
  assert.equal(
    parsePublicKeyInfo(spki).publicKey.toHex(),
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  );
});

Deno.test("ML-DSA, ML-KEM and X-Wing keys rest as the seeds from which others make the same keys", async () => {
  const seedOf = ({ pkcs8 }: { pkcs8: Uint8Array }, bytes: number) => pkcs8.subarray(-bytes);
  const publicOf = ({ spki }: { spki: Uint8Array }) => parsePublicKeyInfo(spki).publicKey;
  const dsa = await keyOf("ml-dsa-65");
  assert.deepEqual(publicOf(dsa), ml_dsa65.keygen(seedOf(dsa, 32)).publicKey);
  const kem = await keyOf("ml-kem-768");
  assert.deepEqual(publicOf(kem), ml_kem768.keygen(seedOf(kem, 64)).publicKey);
  const xWing = await keyOf("x-wing");
  const other = new XWing();
  const privateKey = await other.deserializePrivateKey(new Uint8Array(seedOf(xWing, 32)).buffer);
  const { enc, sharedSecret } = await other.encap({
    recipientPublicKey: await other.deserializePublicKey(new Uint8Array(publicOf(xWing)).buffer),
  });
  assert.deepEqual(await other.decap({ recipientKey: privateKey, enc }), sharedSecret);
  // RFC 9881 §6, RFC 9935 §6 and X-Wing's draft: version, algorithm, and the seed in its place.
  assert.equal(dsa.pkcs8.subarray(0, -32).toHex(), "3034020100300b0609608648016503040312042280" + "20");
  assert.equal(kem.pkcs8.subarray(0, -64).toHex(), "3054020100300b060960864801650304040204428040");
  assert.equal(xWing.pkcs8.subarray(0, -32).toHex(), "3034020100300d060b2b0601040183e62d81c87a0420");
});

Deno.test("ElGamal keys are y = g^x mod p in the group of RFC 3526, under OIW's identifier", async () => {
  const { spki, pkcs8 } = await keyOf("elgamal-2048");
  const toNumber = (octets: Uint8Array) => BigInt(`0x${octets.toHex()}`);
  const key = new DerReader(spki).sequence("key");
  const algorithm = key.sequence("algorithm");
  assert.equal(algorithm.oid("algorithm"), "1.3.14.7.2.1.1");
  const group = algorithm.sequence("group");
  const p = toNumber(group.unsigned("p")), g = toNumber(group.unsigned("g"));
  assert.deepEqual([p, g], [toNumber(modpGroup14().prime), 2n]);
  const y = toNumber(new DerReader(key.bitOctets("y")).unsigned("y"));
  const info = new DerReader(pkcs8).sequence("key");
  info.smallInteger("version");
  info.sequence("algorithm");
  const x = toNumber(new DerReader(info.octets("x")).unsigned("x"));
  let power = 1n;
  for (const bit of x.toString(2)) power = power * power * (bit === "1" ? g : 1n) % p;
  assert.equal(power, y);
});

Deno.test("openssl reads our DH and P-384 keys, plain and encrypted, and we read openssl's", async () => {
  const kinds: [AsymmetricAlgorithm, string[]][] = [
    ["dh-2048", ["-algorithm", "DH", "-pkeyopt", "group:modp_2048"]],
    ["ecdsa-p384", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]],
  ];
  await inFolder(async (dir) => {
    await Deno.writeFile(join(dir, "passphrase"), passphrase);
    for (const [algorithm, args] of kinds) {
      const key = await keyOf(algorithm);
      await Deno.writeTextFile(join(dir, "plain"), await formatPrivateKey(key.pkcs8));
      await Deno.writeTextFile(join(dir, "encrypted"), await formatPrivateKey(key.pkcs8, protection));
      const expected = exportPublicKey(key.spki);
      assert.equal(await opensslOk(dir, "pkey", "-in", "plain", "-pubout"), expected);
      const open = ["-in", "encrypted", "-passin", "file:passphrase", "-pubout"];
      assert.equal(await opensslOk(dir, "pkey", ...open), expected);

      await opensslOk(dir, "genpkey", ...args, "-out", "theirs");
      const theirs = await parseKeyText(await Deno.readTextFile(join(dir, "theirs")), never);
      assert.equal(theirs.key.algorithm, algorithm);
      assert.equal(
        exportPublicKey(theirs.key.spki),
        await opensslOk(dir, "pkey", "-in", "theirs", "-pubout"),
      );
    }
  });
});

Deno.test("parseKeyText() reads openssl's RSA and EC keys in their own structures", async () => {
  await inFolder(async (dir) => {
    await opensslOk(dir, "rsa", "-in", `${certsFolder}good-rsa.key`, "-traditional", "-out", "rsa");
    await opensslOk(dir, "ecparam", "-name", "prime256v1", "-genkey", "-out", "ec");
    for (const [file, form] of [["rsa", "pkcs1"], ["ec", "sec1"]] as const) {
      const found = await parseKeyText(await Deno.readTextFile(join(dir, file)), never);
      assert.equal(found.form, form);
      assert.equal(exportPublicKey(found.key.spki), await opensslOk(dir, "pkey", "-in", file, "-pubout"));
    }
  });
});

Deno.test("parseKeyText() names what is wrong", async () => {
  const { pkcs8, spki } = await keyOf("ed25519");
  const encrypted = await formatPrivateKey(pkcs8, protection);
  const { spki: dhSpki } = await keyOf("dh-2048");
  const algorithm = new DerReader(dhSpki).sequence("key").element(DerTag.sequence, "algorithm").der;
  const one = derSequence(algorithm, derBits(derInteger(1)));
  const cases: [string, string][] = [
    ["hello", "pem-malformed"],
    [exportPublicKey(spki) + exportPublicKey(spki), "pem-malformed"],
    [formatPem("CERTIFICATE", spki), "key-malformed"],
    [formatPem("PRIVATE KEY", new Uint8Array(9)), "key-malformed"],
    [formatPem("EC PRIVATE KEY", spki), "key-malformed"],
    [formatPem("RSA PRIVATE KEY", spki), "key-malformed"],
    [formatPem("PUBLIC KEY", one), "key-malformed"],
    ["{", "jwk-malformed"],
    ['{"kty":"OKP"}', "key-unsupported"],
    ['{"kty":"__proto__"}', "key-unsupported"],
    ['{"kty":"oct","k":"AAAA"}', "key-unsupported"],
    ['{"kty":"OKP","crv":"Ed25519","x":"AAAA"}', "jwk-malformed"],
    [`{"kty":"RSA","n":"${"A".repeat(70_000)}"}`, "jwk-malformed"],
  ];
  for (const [text, code] of cases) {
    assert.equal((await typedErrorOf(() => parseKeyText(text, never)))?.code, code, text.slice(0, 40));
  }
  const wrong = () => parseKeyText(encrypted, () => Promise.resolve(new Uint8Array(3)));
  assert.equal((await typedErrorOf(wrong))?.code, "passphrase-wrong");
});

Deno.test("parseKeyText() throws only typed errors when given mutated keys", async () => {
  for (const algorithm of ["x-wing", "dh-2048", "elgamal-2048", "ml-dsa-65"] as const) {
    const { pkcs8, spki } = await keyOf(algorithm);
    for (const [label, der] of [["PRIVATE KEY", pkcs8], ["PUBLIC KEY", spki]] as const) {
      await fc.assert(
        fc.asyncProperty(mutationsOf(der), async (changed) => {
          await typedErrorOf(() => parseKeyText(formatPem(label, changed), never));
        }),
        { numRuns: 40 },
      );
    }
  }
  const [rsa] = parsePem(await Deno.readTextFile(`${certsFolder}good-rsa.key`));
  await fc.assert(
    fc.asyncProperty(mutationsOf(rsa!.bytes), fc.constantFrom("RSA", "EC"), async (changed, kind) => {
      await typedErrorOf(() => parseKeyText(formatPem(`${kind} PRIVATE KEY`, changed), never));
    }),
    { numRuns: 60 },
  );
});

Deno.test("parseJsonWebKey() throws only typed errors whatever the object holds", async () => {
  const member = fc.constantFrom("kty", "crv", "alg", "x", "y", "d", "n", "e", "pub", "priv", "__proto__");
  const value = fc.oneof(
    fc.constantFrom("OKP", "EC", "RSA", "AKP", "Ed25519", "P-256", "ML-DSA-65", "AQAB"),
    fc.base64String({ maxLength: 60 }),
    fc.jsonValue({ maxDepth: 2 }),
  );
  await fc.assert(fc.asyncProperty(fc.dictionary(member, value), async (jwk) => {
    await typedErrorOf(() => parseJsonWebKey(JSON.stringify(jwk)));
  }));
  await fc.assert(fc.asyncProperty(fc.string(), async (text) => {
    await typedErrorOf(() => parseKeyText(text, never));
  }));
});
