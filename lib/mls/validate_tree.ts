import type { CiphersuiteImpl } from "ts-mls";
import type { ClientConfig } from "ts-mls/clientConfig.js";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import { extensionsSupportedByCapabilities } from "ts-mls/extension.js";
import type { GroupContext } from "ts-mls/groupContext.js";
import {
  type LeafNode,
  verifyLeafNodeSignature,
  verifyLeafNodeSignatureKeyPackage,
} from "ts-mls/leafNode.js";
import { parentHashInputEncoder } from "ts-mls/parentHash.js";
import type { ParentNode } from "ts-mls/parentNode.js";
import type { RatchetTree } from "ts-mls/ratchetTree.js";
import {
  directPath,
  isAncestor,
  isLeaf,
  leafToNodeIndex,
  leafWidth,
  left,
  type NodeIndex,
  nodeToLeafIndex,
  right,
  rootFromNodeWidth,
  toLeafIndex,
  toNodeIndex,
} from "ts-mls/treemath.js";
import { encodeHex, equalBytes } from "../bytes/mod.ts";
import { AuthenticationError, ProtocolError } from "../errors/mod.ts";
import { hashOriginalSubtree, hashSubtrees } from "./tree_hashes.ts";

/**
 * Checks a ratchet tree that somebody gives to a newcomer (RFC 9420 §12.4.3.1): its structure, the keys' uniqueness,
 * each leaf's signature and credential (§7.3), unmerged leaves, parent hashes (§7.9.2) and the tree hash (§7.8).
 *
 * Done here because ts-mls hashes subtrees anew for every leaf: at 1,000 members that takes ten seconds.
 *
 * @throws {ProtocolError} `mls-invalid`
 * @throws {AuthenticationError} `mls-verification-failed`, or why a member's credential is refused
 */
export async function validateTree(
  tree: RatchetTree,
  groupContext: GroupContext,
  config: ClientConfig,
  suite: CiphersuiteImpl,
): Promise<void> {
  assertStructure(tree);
  assertUniqueKeys(tree);
  assertUnmergedLeaves(tree);
  const hashes = await hashSubtrees(tree, suite.hash);
  if (!equalBytes(hashes[rootFromNodeWidth(tree.length)] ?? new Uint8Array(), groupContext.treeHash)) {
    throw invalid("does not have the hash that the group agrees on");
  }
  await assertParentHashes(tree, hashes, suite.hash);
  for (const [index, node] of tree.entries()) {
    if (node?.nodeType === "leaf") {
      await assertLeaf(node.leaf, nodeToLeafIndex(toNodeIndex(index)), groupContext, config, suite);
    }
  }
}

function assertStructure(tree: RatchetTree): void {
  for (const [index, node] of tree.entries()) {
    const wanted = isLeaf(toNodeIndex(index)) ? "leaf" : "parent";
    if (node !== undefined && node.nodeType !== wanted) throw invalid("has a node of the wrong kind");
  }
}

function assertUniqueKeys(tree: RatchetTree): void {
  const encryption = new Set<string>(), signature = new Set<string>();
  let nodes = 0, leaves = 0;
  for (const node of tree) {
    if (node === undefined) continue;
    nodes++;
    encryption.add(encodeHex(node.nodeType === "leaf" ? node.leaf.hpkePublicKey : node.parent.hpkePublicKey));
    if (node.nodeType !== "leaf") continue;
    leaves++;
    signature.add(encodeHex(node.leaf.signaturePublicKey));
  }
  if (encryption.size !== nodes || signature.size !== leaves) throw invalid("has a key twice");
}

/** Each is a descendant, in order, and unmerged at every node between (RFC 9420 §12.4.3.1). */
function assertUnmergedLeaves(tree: RatchetTree): void {
  for (const [index, node] of tree.entries()) {
    if (node?.nodeType !== "parent") continue;
    let last = -1;
    for (const leaf of node.parent.unmergedLeaves) {
      const target = leafToNodeIndex(toLeafIndex(leaf));
      const isThere = target < tree.length && tree[target] !== undefined && leaf > last &&
        isAncestor(target, toNodeIndex(index), tree.length);
      if (!isThere || !isUnmergedBelow(tree, index, target, leaf)) throw invalid("has wrong unmerged leaves");
      last = leaf;
    }
  }
}

function isUnmergedBelow(tree: RatchetTree, index: number, target: NodeIndex, leaf: number): boolean {
  for (const between of directPath(target, leafWidth(tree.length))) {
    if (between === toNodeIndex(index)) return true;
    const node = tree[between];
    if (node?.nodeType === "parent" && !node.parent.unmergedLeaves.includes(leaf)) return false;
  }
  return false;
}

/** RFC 9420 §7.9.2: every parent node is vouched for by one that its author wrote below it at the same time. */
async function assertParentHashes(
  tree: RatchetTree,
  hashes: Uint8Array[],
  hash: CiphersuiteImpl["hash"],
): Promise<void> {
  for (const [index, node] of tree.entries()) {
    if (node?.nodeType !== "parent") continue;
    const at = toNodeIndex(index), children: [NodeIndex, NodeIndex] = [left(at), right(at)];
    const [l, r] = children;
    const isVouched = await isVouchedFor(tree, node.parent, l, r, hashes, hash) ||
      await isVouchedFor(tree, node.parent, r, l, hashes, hash);
    if (!isVouched) {
      throw new AuthenticationError("mls-verification-failed", "cannot verify the ratchet tree");
    }
  }
}

/** Whether a node in the resolution of `child` has the hash of `parent` over the other side. */
async function isVouchedFor(
  tree: RatchetTree,
  { hpkePublicKey, parentHash, unmergedLeaves }: ParentNode,
  child: NodeIndex,
  sibling: NodeIndex,
  hashes: Uint8Array[],
  hash: CiphersuiteImpl["hash"],
): Promise<boolean> {
  const width = tree.length;
  const below = (node: NodeIndex) =>
    unmergedLeaves.filter((leaf) => {
      const target = leafToNodeIndex(toLeafIndex(leaf));
      return target === node || isAncestor(target, node, width);
    });
  const originalSiblingTreeHash = below(sibling).length === 0
    ? hashes[sibling]!
    : await hashOriginalSubtree(tree, sibling, new Set(unmergedLeaves), hash);
  const input = { encryptionKey: hpkePublicKey, parentHash, originalSiblingTreeHash };
  const expected = await hash.digest(encode(parentHashInputEncoder)(input));
  const nodes = resolve(tree, child);
  const found = nodes.find((node) => equalBytes(parentHashOf(tree, node), expected));
  if (found === undefined) return false;
  const others = nodes.filter((node) => node !== found);
  const unmerged = new Set(below(child).map((leaf) => leafToNodeIndex(toLeafIndex(leaf))));
  return others.length === unmerged.size && others.every((node) => unmerged.has(node));
}

/** RFC 9420 §4.1.1, without copying lists at every level. */
function resolve(tree: RatchetTree, start: NodeIndex): NodeIndex[] {
  const found: NodeIndex[] = [];
  const visit = (index: NodeIndex): void => {
    const node = tree[index];
    if (node?.nodeType === "leaf") found.push(index);
    else if (node !== undefined) {
      found.push(index, ...node.parent.unmergedLeaves.map((leaf) => leafToNodeIndex(toLeafIndex(leaf))));
    } else if (!isLeaf(index)) {
      visit(left(index));
      visit(right(index));
    }
  };
  visit(start);
  return found;
}

function parentHashOf(tree: RatchetTree, index: NodeIndex): Uint8Array {
  const node = tree[index];
  if (node?.nodeType === "parent") return node.parent.parentHash;
  return node?.leaf.leafNodeSource === "commit" ? node.leaf.parentHash : new Uint8Array();
}

/** RFC 9420 §7.3. */
async function assertLeaf(
  leaf: LeafNode,
  index: number,
  { groupId, extensions }: GroupContext,
  config: ClientConfig,
  { signature }: CiphersuiteImpl,
): Promise<void> {
  const isSigned = leaf.leafNodeSource === "key_package"
    ? await verifyLeafNodeSignatureKeyPackage(leaf, signature)
    : await verifyLeafNodeSignature(leaf, groupId, index, signature);
  if (!isSigned) throw new AuthenticationError("mls-verification-failed", "cannot verify the ratchet tree");
  const { capabilities, credential } = leaf;
  const isAble = extensionsSupportedByCapabilities(leaf.extensions, capabilities) &&
    extensionsSupportedByCapabilities(extensions, capabilities) &&
    capabilities.credentials.includes(credential.credentialType);
  if (!isAble) throw invalid("has a member that does not support what the group uses");
  if (await config.authService.validateCredential(credential, leaf.signaturePublicKey)) return;
  throw invalid("has a member whose credential is refused");
}

function invalid(what: string): ProtocolError {
  return new ProtocolError("mls-invalid", `the MLS ratchet tree ${what}`);
}
