import assert from "node:assert/strict";
import { decodeAuthenticatedContent } from "ts-mls/authenticatedContent.js";
import { refhash } from "ts-mls/crypto/hash.js";
import { decryptWithLabel, encryptWithLabel } from "ts-mls/crypto/hpke.js";
import { deriveSecret, deriveTreeSecret, expandWithLabel } from "ts-mls/crypto/kdf.js";
import { signWithLabel, verifyWithLabel } from "ts-mls/crypto/signature.js";
import { encodeGroupContext, type GroupContext } from "ts-mls/groupContext.js";
import { defaultKeyRetentionConfig } from "ts-mls/keyRetentionConfig.js";
import { initializeEpoch, mlsExporter } from "ts-mls/keySchedule.js";
import { computePskSecret, type PreSharedKeyID } from "ts-mls/presharedkey.js";
import { createSecretTree, ratchetToGeneration } from "ts-mls/secretTree.js";
import { expandSenderDataKey, expandSenderDataNonce, type ReuseGuard } from "ts-mls/sender.js";
import { createConfirmedHash, createInterimHash } from "ts-mls/transcriptHash.js";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import { interoperableSuite } from "../../lib/mls/provider.ts";
import { loadVectors } from "../vectors/load_vectors.ts";
import { decodeAll, loadSuite } from "./provider_vector_input.ts";

interface CryptoBasics {
  ref_hash: { label: string; value: string; out: string };
  expand_with_label: { secret: string; label: string; context: string; length: number; out: string };
  derive_secret: { secret: string; label: string; out: string };
  derive_tree_secret: { secret: string; label: string; generation: number; length: number; out: string };
  sign_with_label: { priv: string; pub: string; content: string; label: string; signature: string };
  encrypt_with_label: {
    priv: string;
    pub: string;
    label: string;
    context: string;
    plaintext: string;
    kem_output: string;
    ciphertext: string;
  };
}

Deno.test("the provider passes crypto-basics.json", async () => {
  const { hash, kdf, signature, hpke } = await loadSuite();
  const cases = loadVectors<CryptoBasics[]>("mls/crypto-basics.json");
  assert.equal(cases.length, 1);
  for (const test of cases) {
    const { ref_hash, expand_with_label, derive_secret, derive_tree_secret } = test;
    assert.equal(encodeHex(await refhash(ref_hash.label, decodeHex(ref_hash.value), hash)), ref_hash.out);

    const { secret, label, context, length, out } = expand_with_label;
    assert.equal(
      encodeHex(await expandWithLabel(decodeHex(secret), label, decodeHex(context), length, kdf)),
      out,
    );
    const derived = await deriveSecret(decodeHex(derive_secret.secret), derive_secret.label, kdf);
    assert.equal(encodeHex(derived), derive_secret.out);

    const tree = derive_tree_secret;
    assert.equal(
      encodeHex(
        await deriveTreeSecret(decodeHex(tree.secret), tree.label, tree.generation, tree.length, kdf),
      ),
      tree.out,
    );

    const sign = test.sign_with_label;
    const [priv, pub, content] = [decodeHex(sign.priv), decodeHex(sign.pub), decodeHex(sign.content)];
    assert.equal(encodeHex(await signWithLabel(priv, sign.label, content, signature)), sign.signature);
    assert.equal(await verifyWithLabel(pub, sign.label, content, decodeHex(sign.signature), signature), true);

    const sealed = test.encrypt_with_label;
    const plaintext = decodeHex(sealed.plaintext);
    const privateKey = await hpke.importPrivateKey(decodeHex(sealed.priv));
    const publicKey = await hpke.importPublicKey(decodeHex(sealed.pub));
    const input = [sealed.label, decodeHex(sealed.context)] as const;
    const [enc, ct] = [decodeHex(sealed.kem_output), decodeHex(sealed.ciphertext)];
    assert.deepEqual(await decryptWithLabel(privateKey, ...input, enc, ct, hpke), plaintext);
    const ours = await encryptWithLabel(publicKey, ...input, plaintext, hpke);
    assert.deepEqual(await decryptWithLabel(privateKey, ...input, ours.enc, ours.ct, hpke), plaintext);
  }
});

interface KeyScheduleCase {
  group_id: string;
  initial_init_secret: string;
  epochs: (Record<string, string> & {
    exporter: { label: string; context: string; length: number; secret: string };
  })[];
}

Deno.test("the provider passes key-schedule.json", async () => {
  const suite = await loadSuite();
  const cases = loadVectors<KeyScheduleCase[]>("mls/key-schedule.json");
  let epochs = 0;
  for (const test of cases) {
    let initSecret: Uint8Array = decodeHex(test.initial_init_secret);
    for (const [index, epoch] of test.epochs.entries()) {
      const groupContext: GroupContext = {
        version: "mls10",
        cipherSuite: interoperableSuite,
        groupId: decodeHex(test.group_id),
        epoch: BigInt(index),
        treeHash: decodeHex(epoch.tree_hash!),
        confirmedTranscriptHash: decodeHex(epoch.confirmed_transcript_hash!),
        extensions: [],
      };
      assert.equal(encodeHex(encodeGroupContext(groupContext)), epoch.group_context);
      const [commitSecret, pskSecret] = [decodeHex(epoch.commit_secret!), decodeHex(epoch.psk_secret!)];
      const secrets = await initializeEpoch(initSecret, commitSecret, groupContext, pskSecret, suite.kdf);
      const { keySchedule } = secrets;
      const actual = {
        joiner_secret: secrets.joinerSecret,
        welcome_secret: secrets.welcomeSecret,
        encryption_secret: secrets.encryptionSecret,
        init_secret: keySchedule.initSecret,
        sender_data_secret: keySchedule.senderDataSecret,
        exporter_secret: keySchedule.exporterSecret,
        external_secret: keySchedule.externalSecret,
        confirmation_key: keySchedule.confirmationKey,
        membership_key: keySchedule.membershipKey,
        resumption_psk: keySchedule.resumptionPsk,
        epoch_authenticator: keySchedule.epochAuthenticator,
      };
      for (const [name, secret] of Object.entries(actual)) assert.equal(encodeHex(secret), epoch[name], name);

      const { publicKey } = await suite.hpke.deriveKeyPair(keySchedule.externalSecret);
      assert.equal(encodeHex(await suite.hpke.exportPublicKey(publicKey)), epoch.external_pub);
      const { label, context, length, secret } = epoch.exporter;
      assert.equal(
        encodeHex(await mlsExporter(keySchedule.exporterSecret, label, decodeHex(context), length, suite)),
        secret,
      );
      initSecret = keySchedule.initSecret;
      epochs++;
    }
  }
  assert.deepEqual([cases.length, epochs], [1, 5]);
});

interface SecretTreeCase {
  encryption_secret: string;
  sender_data: { sender_data_secret: string; ciphertext: string; key: string; nonce: string };
  leaves: {
    generation: number;
    application_key: string;
    application_nonce: string;
    handshake_key: string;
    handshake_nonce: string;
  }[][];
}

Deno.test("the provider passes secret-tree.json", async () => {
  const suite = await loadSuite();
  const cases = loadVectors<SecretTreeCase[]>("mls/secret-tree.json");
  let generations = 0;
  for (const { encryption_secret, sender_data, leaves } of cases) {
    const [secret, ciphertext] = [
      decodeHex(sender_data.sender_data_secret),
      decodeHex(sender_data.ciphertext),
    ];
    assert.equal(encodeHex(await expandSenderDataKey(suite, secret, ciphertext)), sender_data.key);
    assert.equal(encodeHex(await expandSenderDataNonce(suite, secret, ciphertext)), sender_data.nonce);

    let tree = await createSecretTree(leaves.length, decodeHex(encryption_secret), suite.kdf);
    for (const [index, leaf] of leaves.entries()) {
      for (const test of leaf) {
        // With a reuse guard of zeros the message nonce is the ratchet's nonce.
        const reuseGuard = new Uint8Array(4) as ReuseGuard;
        const sender = { leafIndex: index, generation: test.generation, reuseGuard };
        for (const kind of ["application", "handshake"] as const) {
          const contentType = kind === "application" ? "application" : "commit";
          const keys = await ratchetToGeneration(tree, sender, contentType, defaultKeyRetentionConfig, suite);
          assert.equal(encodeHex(keys.key), test[`${kind}_key`]);
          assert.equal(encodeHex(keys.nonce), test[`${kind}_nonce`]);
          tree = keys.newTree;
        }
        generations++;
      }
    }
  }
  assert.deepEqual([cases.length, generations], [3, 82]);
});

interface TranscriptCase {
  confirmation_key: string;
  authenticated_content: string;
  interim_transcript_hash_before: string;
  confirmed_transcript_hash_after: string;
  interim_transcript_hash_after: string;
}

Deno.test("the provider passes transcript-hashes.json", async () => {
  const { hash } = await loadSuite();
  const cases = loadVectors<TranscriptCase[]>("mls/transcript-hashes.json");
  assert.equal(cases.length, 1);
  for (const test of cases) {
    const { content, auth, wireformat } = decodeAll(decodeAuthenticatedContent, test.authenticated_content);
    assert.ok(content.contentType === "commit" && auth.contentType === "commit");
    const confirmed = decodeHex(test.confirmed_transcript_hash_after);
    assert.equal(
      await hash.verifyMac(decodeHex(test.confirmation_key), auth.confirmationTag, confirmed),
      true,
    );
    const before = decodeHex(test.interim_transcript_hash_before);
    const input = { wireformat, content, signature: auth.signature };
    assert.deepEqual(await createConfirmedHash(before, input, hash), confirmed);
    assert.equal(
      encodeHex(await createInterimHash(confirmed, auth.confirmationTag, hash)),
      test.interim_transcript_hash_after,
    );
  }
});

interface PskCase {
  psks: { psk_id: string; psk: string; psk_nonce: string }[];
  psk_secret: string;
}

Deno.test("the provider passes psk_secret.json", async () => {
  const suite = await loadSuite();
  const cases = loadVectors<PskCase[]>("mls/psk_secret.json");
  assert.equal(cases.length, 11);
  for (const { psks, psk_secret } of cases) {
    const inputs = psks.map(({ psk_id, psk, psk_nonce }): [PreSharedKeyID, Uint8Array] => [
      { psktype: "external", pskId: decodeHex(psk_id), pskNonce: decodeHex(psk_nonce) },
      decodeHex(psk),
    ]);
    assert.equal(encodeHex(await computePskSecret(inputs, suite)), psk_secret);
  }
});
