import { encodeMlsMessage, type KeyPackage, type PrivateKeyPackage, type Proposal } from "ts-mls";
import { exportSecret, nextEpochContext } from "ts-mls/clientState.js";
import { createConfirmationTag, createContentCommitSignature } from "ts-mls/framedContent.js";
import type { GroupInfo } from "ts-mls/groupInfo.js";
import { initializeEpoch } from "ts-mls/keySchedule.js";
import { protectPublicMessage } from "ts-mls/messageProtectionPublic.js";
import { addLeafNode, type RatchetTree, removeLeafNode } from "ts-mls/ratchetTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { nodeToLeafIndex, toLeafIndex } from "ts-mls/treemath.js";
import { decodeUtf8 } from "../bytes/mod.ts";
import { ProtocolError } from "../errors/mod.ts";
import { createPath } from "./commit_path.ts";
import { type MlsContext, withClientConfig } from "./context.ts";
import { decodeGroupInfoMessage } from "./group_info.ts";
import { type GroupSnapshot, readMembers, takeSnapshot } from "./group_snapshot.ts";
import { generateOwnKeyPackage } from "./key_package.ts";
import { withMlsErrors } from "./mls_error.ts";
import { verifyGroupInfo } from "./verify_group_info.ts";

/** A commit by which this device enters a group from outside. */
export interface ExternalJoin {
  /** The commit as an MLSMessage (PublicMessage, RFC 9420 §12.4.3.2). */
  commit: Uint8Array<ArrayBuffer>;
  /** The epoch that it ends. */
  epoch: number;
  /** The state that holds once it has been accepted. */
  pending: GroupSnapshot;
}

/**
 * Makes the commit by which this device enters a group from outside, and takes its former leaf's place where it
 * has one. Checks what a welcome's joiner checks: every member's credential, the tree, and the signature of the
 * GroupInfo. Its confirmation tag cannot be checked from outside; where it is wrong the members refuse the commit.
 *
 * @param groupInfo The newest GroupInfo of the group, as an MLSMessage
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `group-info-foreign` where it is another group's, `mls-invalid`
 * @throws {AuthenticationError} `mls-verification-failed`, or why a member's credential is refused
 */
export function joinExternal(
  context: MlsContext,
  groupInfo: Uint8Array,
  groupId: string,
  validity: { notBefore: Date; notAfter: Date },
): Promise<ExternalJoin> {
  return withMlsErrors(() =>
    withClientConfig(context, async (config) => {
      const info = decodeGroupInfoMessage(groupInfo);
      if (decodeUtf8(info.groupContext.groupId) !== groupId) {
        throw new ProtocolError("group-info-foreign", "the group info is another group's");
      }
      const tree = await verifyGroupInfo(info, config, context.suite);
      const former = await findFormerLeaf(context, tree);
      const { publicPackage, privatePackage } = await generateOwnKeyPackage(context, validity);
      return await createJoin(context, { info, tree, former }, publicPackage, privatePackage);
    })
  );
}

/** The leaf that this device has in the group already, perhaps with an earlier key. */
async function findFormerLeaf(context: MlsContext, tree: RatchetTree): Promise<number | undefined> {
  const { user, device } = await context.readCredential(context.identity.certificates);
  const members = await readMembers(context, tree);
  return members.find((one) => one.user === user && one.device === device)?.leaf;
}

interface Entrance {
  info: GroupInfo;
  tree: RatchetTree;
  /** The leaf to be removed. */
  former: number | undefined;
}

async function createJoin(
  context: MlsContext,
  { info, tree, former }: Entrance,
  { leafNode }: KeyPackage,
  { hpkePrivateKey, signaturePrivateKey }: PrivateKeyPackage,
): Promise<ExternalJoin> {
  const { suite } = context;
  const externalPub = info.extensions.find((one) => one.extensionType === "external_pub");
  if (externalPub === undefined) {
    throw new ProtocolError("mls-invalid", "the group info has no external public key");
  }
  const { enc, secret: initSecret } = await exportSecret(externalPub.extensionData, suite);
  const [seated, node] = addLeafNode(former === undefined ? tree : withoutLeaf(tree, former), leafNode);
  const leafIndex = nodeToLeafIndex(node);
  const bare = { leafIndex, privateKeys: { [node]: hpkePrivateKey } };
  const path = await createPath(context, seated, bare, info.groupContext);
  const framed = await createContentCommitSignature(
    info.groupContext,
    "mls_public_message",
    { proposals: toProposals(former, enc), path: path.updatePath },
    { senderType: "new_member_commit" },
    new Uint8Array(),
    signaturePrivateKey,
    suite.signature,
  );
  const groupContext = await nextEpochContext(
    info.groupContext,
    "mls_public_message",
    framed.framedContent,
    framed.signature,
    await treeHashRoot(path.tree, suite.hash),
    info.confirmationTag,
    suite.hash,
  );
  const noPsk = new Uint8Array(suite.kdf.size);
  const secrets = await initializeEpoch(initSecret, path.commitSecret, groupContext, noPsk, suite.kdf);
  const { keySchedule } = secrets;
  const confirmationTag = await createConfirmationTag(
    keySchedule.confirmationKey,
    groupContext.confirmedTranscriptHash,
    suite.hash,
  );
  const auth = { signature: framed.signature, confirmationTag, contentType: "commit" } as const;
  const content = { content: framed.framedContent, auth, wireformat: "mls_public_message" } as const;
  const publicMessage = await protectPublicMessage(keySchedule.membershipKey, groupContext, content, suite);
  const commit = encodeMlsMessage({ version: "mls10", wireformat: "mls_public_message", publicMessage });
  const state = {
    groupContext,
    keySchedule,
    privatePath: path.privatePath,
    confirmationTag,
    ratchetTree: path.tree,
  };
  return {
    commit: new Uint8Array(commit),
    epoch: Number(info.groupContext.epoch),
    pending: await takeSnapshot(context, state, secrets.encryptionSecret),
  };
}

/** A group of one becomes a tree of one blank leaf (RFC 9420 §7.7), which ts-mls refuses to make. */
function withoutLeaf(tree: RatchetTree, leaf: number): RatchetTree {
  const isOnly = tree.filter((node) => node?.nodeType === "leaf").length === 1;
  return isOnly ? [undefined] : removeLeafNode(tree, toLeafIndex(leaf));
}

function toProposals(former: number | undefined, kemOutput: Uint8Array) {
  const proposals: Proposal[] = [{ proposalType: "external_init", externalInit: { kemOutput } }];
  if (former !== undefined) proposals.unshift({ proposalType: "remove", remove: { removed: former } });
  return proposals.map((proposal) => ({ proposalOrRefType: "proposal" as const, proposal }));
}
