import { type ClientState, emptyPskIndex, encodeMlsMessage, type KeyPackage, type Proposal } from "ts-mls";
import { applyProposals, nextEpochContext } from "ts-mls/clientState.js";
import { createConfirmationTag, createContentCommitSignature } from "ts-mls/framedContent.js";
import type { GroupContext } from "ts-mls/groupContext.js";
import { initializeEpoch } from "ts-mls/keySchedule.js";
import { protect } from "ts-mls/messageProtection.js";
import type { RatchetTree } from "ts-mls/ratchetTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { type LeafIndex, toLeafIndex } from "ts-mls/treemath.js";
import { createPath, noPath } from "./commit_path.ts";
import { type MlsContext, withClientConfig } from "./context.ts";
import { createWelcome } from "./create_welcome.ts";
import { toExtensions } from "./group_data.ts";
import {
  encodeRatchet,
  type GroupSnapshot,
  ratchetAt,
  ratchetOf,
  takeSnapshot,
  toClientState,
} from "./group_snapshot.ts";
import { decodeKeyPackageMessage } from "./key_package.ts";
import { withMlsErrors } from "./mls_error.ts";
import { replaceCertificates } from "./replace_certificates.ts";

/**
 * What a commit changes. With nothing it refreshes this member's keys and brings its leaf to the certificates
 * of its identity (RFC 9420 §5.3.1); so does every commit but one that only adds.
 */
export interface CommitChanges {
  /** Key packages of devices to add, as MLSMessages. */
  add?: Uint8Array[];
  /** Leaf indices of members to remove. */
  remove?: number[];
  /** What the application and all members agree on from here on. */
  groupData?: Uint8Array;
  /** Refreshes this member's keys although the rest does not ask for it. */
  refresh?: boolean;
}

/** The state that holds once the commit has been accepted. */
export type PendingState = GroupSnapshot;

/** A commit that this member made and that the relay has not accepted yet. */
export interface CreatedCommit {
  /** The commit as an MLSMessage (PrivateMessage, RFC 9420 §12.4). */
  commit: Uint8Array;
  /** The welcome for all added devices as an MLSMessage, with the ratchet tree inside. */
  welcome?: Uint8Array;
  /** The state after it, to be kept beside the present one until the relay has answered. */
  pending: PendingState;
  /**
   * This member's ratchet in the present epoch after the commit: must be stored before the commit is sent,
   * so that another attempt in this epoch does not use the same key.
   */
  ratchet: Uint8Array;
}

/**
 * Makes a commit in the present epoch (RFC 9420 §12.4.1). Nothing of the present state changes but the own
 * ratchet.
 *
 * Put together from the parts of ts-mls: its own function encrypts the path under the GroupContext's old
 * extensions where a commit changes them, which no receiver can open, and leaves the path out of commits that
 * change nothing else.
 *
 * @throws {AuthenticationError} where an added device's credential or signature is not valid
 * @throws {ProtocolError} `mls-invalid`
 */
export function createCommit(
  context: MlsContext,
  current: GroupSnapshot,
  changes: CommitChanges,
): Promise<CreatedCommit> {
  return withMlsErrors(() =>
    withClientConfig(context, async (config) => {
      const { suite } = context;
      const { epoch, tree } = current;
      const own = new Map([[epoch.ownLeaf, ratchetOf(current, epoch.ownLeaf)]]);
      const state = toClientState(context, epoch, tree, own, config);
      const applied = await applyChanges(context, state, changes);
      const { privatePath } = state;
      const path = changesLeaf(changes)
        // New members get their path secret in the welcome.
        ? await createPath(
          context,
          applied.tree,
          privatePath,
          applied.groupContext,
          applied.added.map(([leaf]) => leaf),
        )
        : noPath(context, applied.tree, privatePath);
      const framed = await createContentCommitSignature(
        state.groupContext,
        "mls_private_message",
        { proposals: applied.proposals, path: path.updatePath },
        { senderType: "member", leafIndex: state.privatePath.leafIndex },
        new Uint8Array(),
        state.signaturePrivateKey,
        suite.signature,
      );
      const groupContext = await nextEpochContext(
        applied.groupContext,
        "mls_private_message",
        framed.framedContent,
        framed.signature,
        await treeHashRoot(path.tree, suite.hash),
        state.confirmationTag,
        suite.hash,
      );
      const { initSecret } = state.keySchedule;
      const noPsk = new Uint8Array(suite.kdf.size);
      const secrets = await initializeEpoch(initSecret, path.commitSecret, groupContext, noPsk, suite.kdf);
      const confirmationTag = await createConfirmationTag(
        secrets.keySchedule.confirmationKey,
        groupContext.confirmedTranscriptHash,
        suite.hash,
      );
      const { privateMessage, tree: consumed } = await protect(
        state.keySchedule.senderDataSecret,
        new Uint8Array(),
        state.groupContext,
        state.secretTree,
        {
          ...framed.framedContent,
          auth: { contentType: "commit", signature: framed.signature, confirmationTag },
        },
        state.privatePath.leafIndex,
        config.paddingConfig,
        suite,
      );
      const next: ClientState = {
        ...state,
        groupContext,
        confirmationTag,
        ratchetTree: path.tree,
        keySchedule: secrets.keySchedule,
        privatePath: path.privatePath,
      };
      return {
        commit: encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage }),
        welcome: await createWelcome(context, next, applied.added, path.pathSecrets, secrets),
        pending: await takeSnapshot(context, next, secrets.encryptionSecret, {
          tree: state.ratchetTree,
          members: current.members,
        }),
        ratchet: encodeRatchet(ratchetAt(consumed, state.privatePath.leafIndex)),
      };
    })
  );
}

/** Whether the commit has a path: RFC 9420 §12.4 asks for one except where it only adds. */
function changesLeaf({ add = [], remove = [], groupData, refresh = false }: CommitChanges): boolean {
  return refresh || groupData !== undefined || remove.length > 0 || add.length === 0;
}

interface AppliedChanges {
  proposals: { proposalOrRefType: "proposal"; proposal: Proposal }[];
  /** The tree with what the proposals change. */
  tree: RatchetTree;
  added: [LeafIndex, KeyPackage][];
  /** The present one with the extensions of the next epoch. */
  groupContext: GroupContext;
}

async function applyChanges(
  { suite, identity }: MlsContext,
  state: ClientState,
  changes: CommitChanges,
): Promise<AppliedChanges> {
  const { ratchetTree, privatePath: { leafIndex } } = state;
  // The path's new leaf takes its credential over from the tree that the commit begins with.
  const renewed = replaceCertificates(ratchetTree, leafIndex, identity.certificates);
  const base = changesLeaf(changes) ? { ...state, ratchetTree: renewed } : state;
  const proposals = toProposals(changes).map((proposal) => ({
    proposalOrRefType: "proposal" as const,
    proposal,
  }));
  const applied = await applyProposals(
    base,
    proposals,
    toLeafIndex(leafIndex),
    emptyPskIndex,
    true,
    suite,
  );
  const { additionalResult: result } = applied;
  if (result.kind !== "memberCommit") throw new Error("a member's commit is none");
  const { extensions } = result;
  return {
    proposals,
    tree: applied.tree,
    added: result.addedLeafNodes,
    groupContext: extensions.length > 0 ? { ...state.groupContext, extensions } : state.groupContext,
  };
}

function toProposals({ add = [], remove = [], groupData }: CommitChanges): Proposal[] {
  const proposals: Proposal[] = remove.map((removed) => ({ proposalType: "remove", remove: { removed } }));
  for (const message of add) {
    proposals.push({ proposalType: "add", add: { keyPackage: decodeKeyPackageMessage(message) } });
  }
  if (groupData !== undefined) {
    const groupContextExtensions = { extensions: toExtensions(groupData) };
    proposals.push({ proposalType: "group_context_extensions", groupContextExtensions });
  }
  return proposals;
}
