import { decodeRatchetTree } from "ts-mls/ratchetTree.js";
import { AuthenticationError, StorageError } from "../errors/mod.ts";
import type { MlsContext } from "./context.ts";

/**
 * Checks the credentials of all members again, as those of new members were: a certificate may have been
 * revoked or have expired since.
 *
 * @returns the leaf indices of members that are not to be trusted any more
 */
export async function checkMembers(context: MlsContext, tree: Uint8Array): Promise<number[]> {
  const nodes = decodeRatchetTree(tree, 0)?.[0];
  if (nodes === undefined) {
    throw new StorageError("group-state-damaged", "the stored state of a conversation cannot be read");
  }
  const refused: number[] = [];
  for (let index = 0; index < nodes.length; index += 2) {
    const node = nodes[index];
    if (node?.nodeType !== "leaf" || node.leaf.credential.credentialType !== "x509") continue;
    try {
      await context.checkCredential(node.leaf.credential.certificates);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      refused.push(index / 2);
    }
  }
  return refused;
}
