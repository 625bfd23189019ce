import assert from "node:assert/strict";
import { createSecretTree } from "ts-mls/secretTree.js";
import { getCiphersuiteFromName } from "ts-mls";
import { encodeRatchet } from "../../lib/mls/group_snapshot.ts";
import { SecretTree, withoutSecretTree } from "../../lib/mls/secret_tree.ts";
import { interoperableSuite, kdfOf, webCryptoProvider } from "../../lib/mls/provider.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { loadVectors } from "../vectors/load_vectors.ts";

const suite = await webCryptoProvider.getCiphersuiteImpl(getCiphersuiteFromName(interoperableSuite));
const kdf = kdfOf(interoperableSuite);

Deno.test("SecretTree gives each leaf the ratchets that ts-mls derives, in any order and after being stored", async () => {
  for (const leaves of [1, 2, 4, 8, 32]) {
    const secret = systemRandom(32);
    const expected = await createSecretTree(leaves, secret.slice(), suite.kdf);
    let tree = SecretTree.plant(leaves, secret);
    const order = Array.from({ length: leaves }, (_, leaf) => leaf).sort(() => systemRandom(1)[0]! - 128);
    for (const leaf of order) {
      assert.deepEqual(tree.take(leaf, kdf), encodeRatchet(expected[leaf * 2]!), `${leaf} of ${leaves}`);
      tree = SecretTree.decode(tree.encode());
      assert.throws(() => tree.take(leaf, kdf), { code: "mls-invalid" });
    }
  }
});

interface SecretTreeCase {
  cipher_suite: number;
  encryption_secret: string;
  leaves: unknown[];
}

Deno.test("SecretTree keeps nothing from which what was taken could be derived again", () => {
  const cases = loadVectors<SecretTreeCase[]>("mls/secret-tree.json").filter((one) => one.cipher_suite === 1);
  assert.ok(cases.length > 0);
  for (const { encryption_secret, leaves } of cases) {
    const width = 2 ** Math.ceil(Math.log2(leaves.length));
    const tree = SecretTree.plant(width, Uint8Array.fromHex(encryption_secret));
    for (let leaf = 0; leaf < leaves.length; leaf++) tree.take(leaf, kdf);
    assert.ok(!tree.encode().toHex().includes(encryption_secret));
    // Only blank leaves to the right are left: the whole tree where there are none.
    assert.equal(tree.encode().length > 8, width > leaves.length);
  }
});

Deno.test("SecretTree refuses leaves that are not there", () => {
  const tree = SecretTree.plant(4, systemRandom(32));
  for (const leaf of [4, 5, 1_000, 0xffff_ffff]) {
    assert.throws(() => tree.take(leaf, kdf), { code: "mls-invalid" }, String(leaf));
  }
});

Deno.test("withoutSecretTree() catches the encryption secret that ts-mls wipes, and spares it the derivation", async () => {
  const secret = systemRandom(32);
  const { result, encryptionSecret } = await withoutSecretTree(suite, async ({ kdf }) => {
    const copy = secret.slice();
    const tree = await createSecretTree(8, copy, kdf);
    copy.fill(0);
    return tree;
  });
  assert.deepEqual(encryptionSecret, secret);
  assert.ok(
    result.every((node) => node.application.secret.length === 0 && node.handshake.secret.length === 0),
  );
});
