import type { CiphersuiteImpl, GroupInfo } from "ts-mls";
import type { ClientConfig } from "ts-mls/clientConfig.js";
import { ratchetTreeFromExtension, verifyGroupInfoSignature } from "ts-mls/groupInfo.js";
import type { RatchetTree } from "ts-mls/ratchetTree.js";
import { leafToNodeIndex, toLeafIndex } from "ts-mls/treemath.js";
import { AuthenticationError, ProtocolError } from "../errors/mod.ts";
import { readGroupData } from "./group_data.ts";
import { validateTree } from "./validate_tree.ts";

/**
 * Checks a GroupInfo and the tree in it (RFC 9420 §12.4.3), except for its confirmation tag.
 *
 * @returns the tree
 * @throws {ProtocolError} `mls-invalid`
 * @throws {AuthenticationError} `mls-verification-failed`, or why a member's credential is refused
 */
export async function verifyGroupInfo(
  info: GroupInfo,
  config: ClientConfig,
  suite: CiphersuiteImpl,
): Promise<RatchetTree> {
  const { groupContext, signer } = info;
  if (groupContext.version !== "mls10" || groupContext.cipherSuite !== suite.name) {
    throw new ProtocolError("mls-invalid", "the group has another version or cipher suite");
  }
  readGroupData(groupContext.extensions);
  const tree = ratchetTreeFromExtension(info);
  const author = tree?.[leafToNodeIndex(toLeafIndex(signer))];
  if (tree === undefined || author?.nodeType !== "leaf") {
    throw new ProtocolError("mls-invalid", "the group info comes without its author's leaf");
  }
  await validateTree(tree, groupContext, config, suite);
  if (await verifyGroupInfoSignature(info, author.leaf.signaturePublicKey, suite.signature)) return tree;
  throw new AuthenticationError("mls-verification-failed", "cannot verify the MLS group info");
}
