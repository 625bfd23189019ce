import type { GroupContext } from "ts-mls/groupContext.js";
import { getCommitSecret, pathToPathSecrets } from "ts-mls/pathSecrets.js";
import {
  mergePrivateKeyPaths,
  type PrivateKeyPath,
  toPrivateKeyPath,
  updateLeafKey,
} from "ts-mls/privateKeyPath.js";
import type { RatchetTree } from "ts-mls/ratchetTree.js";
import { type LeafIndex, leafToNodeIndex, toLeafIndex, toNodeIndex } from "ts-mls/treemath.js";
import { createUpdatePath, type PathSecret, type UpdatePath } from "ts-mls/updatePath.js";
import type { MlsContext } from "./context.ts";

/** The keys that a commit makes for its author and all nodes above (RFC 9420 §7.5). */
export interface CommitPath {
  /** The tree with them. */
  tree: RatchetTree;
  /** What is sent; undefined where the commit makes no keys. */
  updatePath: UpdatePath | undefined;
  /** From the leaf's parent to the root. */
  pathSecrets: PathSecret[];
  /** The author's private keys. */
  privatePath: PrivateKeyPath;
  /** What goes into the key schedule. */
  commitSecret: Uint8Array;
}

/**
 * Makes new keys for a leaf of a tree and the nodes above it.
 *
 * @param groupContext The one that the path secrets are encrypted under: with the extensions of the next epoch
 * @param excluded Leaves that are not told
 */
export async function createPath(
  { suite, identity }: MlsContext,
  tree: RatchetTree,
  present: PrivateKeyPath,
  groupContext: GroupContext,
  excluded: LeafIndex[] = [],
): Promise<CommitPath> {
  const { leafIndex } = present;
  const [updated, updatePath, pathSecrets, leafKey] = await createUpdatePath(
    tree,
    toLeafIndex(leafIndex),
    groupContext,
    identity.signaturePrivateKey,
    suite,
    excluded.map((leaf) => leafToNodeIndex(leaf)),
  );
  const keys = await toPrivateKeyPath(pathToPathSecrets(pathSecrets), leafIndex, suite);
  const withLeaf = updateLeafKey(present, await suite.hpke.exportPrivateKey(leafKey));
  const last = pathSecrets.at(-1);
  return {
    tree: updated,
    updatePath,
    pathSecrets,
    privatePath: mergePrivateKeyPaths(withLeaf, keys),
    commitSecret: last === undefined
      ? new Uint8Array(suite.kdf.size)
      : await getCommitSecret(updated, toNodeIndex(last.nodeIndex), last.secret, suite.kdf),
  };
}

/** What stands for the path of a commit without one. */
export function noPath({ suite }: MlsContext, tree: RatchetTree, privatePath: PrivateKeyPath): CommitPath {
  const commitSecret = new Uint8Array(suite.kdf.size);
  return { tree, updatePath: undefined, pathSecrets: [], privatePath, commitSecret };
}
