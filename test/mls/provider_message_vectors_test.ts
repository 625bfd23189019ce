import assert from "node:assert/strict";
import type { AuthenticatedContent } from "ts-mls/authenticatedContent.js";
import { decodeCommit, encodeCommit } from "ts-mls/commit.js";
import type { GroupContext } from "ts-mls/groupContext.js";
import { verifyGroupInfoConfirmationTag, verifyGroupInfoSignature } from "ts-mls/groupInfo.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { defaultKeyRetentionConfig } from "ts-mls/keyRetentionConfig.js";
import type { MLSMessage } from "ts-mls/message.js";
import {
  protectApplicationData,
  protectProposal,
  unprotectPrivateMessage,
} from "ts-mls/messageProtection.js";
import { protectProposalPublic, unprotectPublicMessage } from "ts-mls/messageProtectionPublic.js";
import { defaultPaddingConfig } from "ts-mls/paddingConfig.js";
import { decodeProposal, encodeProposal } from "ts-mls/proposal.js";
import type { RatchetTree } from "ts-mls/ratchetTree.js";
import { createSecretTree } from "ts-mls/secretTree.js";
import { decryptGroupInfo, decryptGroupSecrets } from "ts-mls/welcome.js";
import { decodeHex, encodeHex, equalBytes } from "../../lib/bytes/mod.ts";
import { interoperableSuite } from "../../lib/mls/provider.ts";
import { loadVectors } from "../vectors/load_vectors.ts";
import { decodeAll, decodeMessage, loadSuite } from "./provider_vector_input.ts";

interface ProtectionCase {
  group_id: string;
  epoch: number;
  tree_hash: string;
  confirmed_transcript_hash: string;
  signature_priv: string;
  signature_pub: string;
  encryption_secret: string;
  sender_data_secret: string;
  membership_key: string;
  proposal: string;
  proposal_priv: string;
  proposal_pub: string;
  commit: string;
  commit_priv: string;
  commit_pub: string;
  application: string;
  application_priv: string;
}

/** A leaf in place of each sender, of which ts-mls only wants to see that it is there. */
const treeOfTwo = [{ nodeType: "leaf" }, undefined, { nodeType: "leaf" }] as RatchetTree;

Deno.test("the provider passes message-protection.json", async () => {
  const suite = await loadSuite();
  const cases = loadVectors<ProtectionCase[]>("mls/message-protection.json");
  assert.equal(cases.length, 1);
  for (const test of cases) {
    const groupContext: GroupContext = {
      version: "mls10",
      cipherSuite: interoperableSuite,
      groupId: decodeHex(test.group_id),
      epoch: BigInt(test.epoch),
      treeHash: decodeHex(test.tree_hash),
      confirmedTranscriptHash: decodeHex(test.confirmed_transcript_hash),
      extensions: [],
    };
    const [signKey, publicKey] = [decodeHex(test.signature_priv), decodeHex(test.signature_pub)];
    const [senderData, membershipKey] = [decodeHex(test.sender_data_secret), decodeHex(test.membership_key)];
    const newTree = () => createSecretTree(2, decodeHex(test.encryption_secret), suite.kdf);

    const openPrivate = async (message: MLSMessage): Promise<string> => {
      assert.ok(message.wireformat === "mls_private_message");
      const { privateMessage } = message;
      const opened = await unprotectPrivateMessage(
        senderData,
        privateMessage,
        await newTree(),
        treeOfTwo,
        groupContext,
        defaultKeyRetentionConfig,
        suite,
        publicKey,
      );
      return contentOf(opened.content);
    };
    const openPublic = async (message: MLSMessage): Promise<string> => {
      assert.ok(message.wireformat === "mls_public_message");
      const { publicMessage } = message;
      const tree = treeOfTwo;
      return contentOf(
        await unprotectPublicMessage(membershipKey, groupContext, tree, publicMessage, suite, publicKey),
      );
    };

    assert.equal(await openPrivate(decodeMessage(test.proposal_priv)), test.proposal);
    assert.equal(await openPrivate(decodeMessage(test.commit_priv)), test.commit);
    assert.equal(await openPrivate(decodeMessage(test.application_priv)), test.application);
    assert.equal(await openPublic(decodeMessage(test.proposal_pub)), test.proposal);
    assert.equal(await openPublic(decodeMessage(test.commit_pub)), test.commit);

    // Protect again and open what came of it.
    const proposal = decodeAll(decodeProposal, test.proposal);
    const none = new Uint8Array(0);
    const version = "mls10" as const;
    const secret = await protectProposal(
      signKey,
      senderData,
      proposal,
      none,
      groupContext,
      await newTree(),
      1,
      defaultPaddingConfig,
      suite,
    );
    const wireformat = "mls_private_message" as const;
    const { privateMessage } = secret;
    assert.equal(await openPrivate({ version, wireformat, privateMessage }), test.proposal);
    const application = await protectApplicationData(
      signKey,
      senderData,
      decodeHex(test.application),
      none,
      groupContext,
      await newTree(),
      1,
      defaultPaddingConfig,
      suite,
    );
    assert.equal(
      await openPrivate({ version, wireformat, privateMessage: application.privateMessage }),
      test.application,
    );
    const open = await protectProposalPublic(signKey, membershipKey, groupContext, none, proposal, 1, suite);
    const { publicMessage } = open;
    assert.equal(
      await openPublic({ version, wireformat: "mls_public_message", publicMessage }),
      test.proposal,
    );
  }
});

function contentOf({ content }: AuthenticatedContent): string {
  if (content.contentType === "proposal") return encodeHex(encodeProposal(content.proposal));
  if (content.contentType === "commit") return encodeHex(encodeCommit(content.commit));
  return encodeHex(content.applicationData);
}

Deno.test("the commit of message-protection.json survives decoding and encoding", () => {
  for (const { commit } of loadVectors<ProtectionCase[]>("mls/message-protection.json")) {
    assert.equal(encodeHex(encodeCommit(decodeAll(decodeCommit, commit))), commit);
  }
});

interface WelcomeCase {
  init_priv: string;
  key_package: string;
  signer_pub: string;
  welcome: string;
}

Deno.test("the provider passes welcome.json", async () => {
  const suite = await loadSuite();
  const cases = loadVectors<WelcomeCase[]>("mls/welcome.json");
  assert.equal(cases.length, 1);
  for (const test of cases) {
    const welcome = decodeMessage(test.welcome);
    const keyPackage = decodeMessage(test.key_package);
    assert.ok(welcome.wireformat === "mls_welcome" && keyPackage.wireformat === "mls_key_package");
    const reference = await makeKeyPackageRef(keyPackage.keyPackage, suite.hash);
    assert.ok(welcome.welcome.secrets.some(({ newMember }) => equalBytes(newMember, reference)));
    const privateKey = await suite.hpke.importPrivateKey(decodeHex(test.init_priv));
    const secrets = await decryptGroupSecrets(privateKey, reference, welcome.welcome, suite.hpke);
    assert.ok(secrets);
    const noPsk = new Uint8Array(suite.kdf.size);
    const info = await decryptGroupInfo(welcome.welcome, secrets.joinerSecret, noPsk, suite);
    assert.ok(info);
    assert.equal(await verifyGroupInfoConfirmationTag(info, secrets.joinerSecret, noPsk, suite), true);
    assert.equal(await verifyGroupInfoSignature(info, decodeHex(test.signer_pub), suite.signature), true);
  }
});
