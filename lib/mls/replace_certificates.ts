import type { RatchetTree } from "ts-mls/ratchetTree.js";
import { leafToNodeIndex, toLeafIndex } from "ts-mls/treemath.js";

/**
 * Puts other certificates of the same key into a leaf of a copy of the tree. The leaf's signature does not fit
 * any more: it is for a commit whose path replaces the leaf and signs it anew.
 */
export function replaceCertificates(
  tree: RatchetTree,
  leaf: number,
  certificates: Uint8Array[],
): RatchetTree {
  const index = leafToNodeIndex(toLeafIndex(leaf));
  const node = tree[index];
  if (node?.nodeType !== "leaf") return tree;
  const copy = tree.slice();
  copy[index] = {
    nodeType: "leaf",
    leaf: { ...node.leaf, credential: { credentialType: "x509", certificates } },
  };
  return copy;
}
