import type { CiphersuiteImpl } from "ts-mls";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import type { RatchetTree } from "ts-mls/ratchetTree.js";
import { treeHashInputEncoder } from "ts-mls/treeHash.js";
import {
  isLeaf,
  left,
  type NodeIndex,
  nodeToLeafIndex,
  right,
  rootFromNodeWidth,
  toNodeIndex,
} from "ts-mls/treemath.js";

type Hash = CiphersuiteImpl["hash"];

/**
 * The tree hashes (RFC 9420 §7.8) of all subtrees, by the index of their root. Each is computed once, where ts-mls
 * computes a subtree's again for every leaf that asks for it.
 */
export async function hashSubtrees(tree: RatchetTree, hash: Hash): Promise<Uint8Array[]> {
  const hashes: Uint8Array[] = [];
  const visit = async (node: NodeIndex): Promise<Uint8Array> => {
    const value = isLeaf(node)
      ? await hashLeaf(tree, node, hash)
      : await hashParent(tree, node, [await visit(left(node)), await visit(right(node))], hash);
    hashes[node] = value;
    return value;
  };
  await visit(rootFromNodeWidth(tree.length));
  return hashes;
}

/** The tree hash of a subtree as it was before some leaves were added to it. */
export async function hashOriginalSubtree(
  tree: RatchetTree,
  node: NodeIndex,
  added: ReadonlySet<number>,
  hash: Hash,
): Promise<Uint8Array> {
  if (isLeaf(node)) {
    const blank = added.has(nodeToLeafIndex(node));
    return await hashLeaf(blank ? [] : tree, node, hash);
  }
  const children: [Uint8Array, Uint8Array] = [
    await hashOriginalSubtree(tree, left(node), added, hash),
    await hashOriginalSubtree(tree, right(node), added, hash),
  ];
  const present = tree[node];
  if (present?.nodeType !== "parent") return await hashParent(tree, node, children, hash);
  const unmergedLeaves = present.parent.unmergedLeaves.filter((leaf) => !added.has(leaf));
  const original: RatchetTree = [];
  original[node] = { nodeType: "parent", parent: { ...present.parent, unmergedLeaves } };
  return await hashParent(original, node, children, hash);
}

function hashLeaf(tree: RatchetTree, node: NodeIndex, hash: Hash): Promise<Uint8Array> {
  const present = tree[node];
  const leafNode = present?.nodeType === "leaf" ? present.leaf : undefined;
  return hash.digest(
    encode(treeHashInputEncoder)({
      nodeType: "leaf",
      leafIndex: nodeToLeafIndex(toNodeIndex(node)),
      leafNode,
    }),
  );
}

function hashParent(
  tree: RatchetTree,
  node: NodeIndex,
  [leftHash, rightHash]: [Uint8Array, Uint8Array],
  hash: Hash,
): Promise<Uint8Array> {
  const present = tree[node];
  const parentNode = present?.nodeType === "parent" ? present.parent : undefined;
  return hash.digest(encode(treeHashInputEncoder)({ nodeType: "parent", parentNode, leftHash, rightHash }));
}
