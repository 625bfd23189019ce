import {
  type ClientState,
  createCommit as createMlsCommit,
  encodeMlsMessage,
  type Proposal,
  type Welcome,
} from "ts-mls";
import { consumeRatchet } from "ts-mls/secretTree.js";
import { leafToNodeIndex, toLeafIndex } from "ts-mls/treemath.js";
import { type MlsContext, withClientConfig } from "./context.ts";
import {
  encodeRatchet,
  type GroupSnapshot,
  ratchetAt,
  takeSnapshot,
  toClientState,
} from "./group_snapshot.ts";
import { decodeKeyPackageMessage } from "./key_package.ts";
import { withMlsErrors } from "./mls_error.ts";
import { replaceCertificates } from "./replace_certificates.ts";

/**
 * What a commit changes. With neither it refreshes this member's keys and brings its leaf to the certificates
 * of its identity (RFC 9420 §5.3.1); so does a commit that removes. One that only adds leaves the leaf alone.
 */
export interface CommitChanges {
  /** Key packages of devices to add, as MLSMessages. */
  add?: Uint8Array[];
  /** Leaf indices of members to remove. */
  remove?: number[];
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
 * Makes a commit in the present epoch. Nothing of the present state changes but the own ratchet.
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
      const state = toClientState(context, current.epoch, current.tree, current.ratchets, config);
      const { ratchetTree, privatePath: { leafIndex } } = state;
      // The path's new leaf takes its credential over from the tree that the commit begins with.
      const renewed = replaceCertificates(ratchetTree, leafIndex, context.identity.certificates);
      const base = changesLeaf(changes) ? { ...state, ratchetTree: renewed } : state;
      const { commit, welcome, newState } = await createMlsCommit({ state: base, cipherSuite: suite }, {
        extraProposals: toProposals(changes),
        ratchetTreeExtension: true,
      });
      return {
        commit: encodeMlsMessage(commit),
        welcome: welcome && encodeWelcome(welcome),
        pending: await takeSnapshot(context, newState),
        ratchet: await ratchetAfterCommit(context, state),
      };
    })
  );
}

/** Whether the commit has a path (RFC 9420 §12.4): it needs none where it only adds. */
function changesLeaf({ add = [], remove = [] }: CommitChanges): boolean {
  return remove.length > 0 || add.length === 0;
}

function toProposals(changes: CommitChanges): Proposal[] {
  const remove = (changes.remove ?? []).map((removed): Proposal => ({
    proposalType: "remove",
    remove: { removed },
  }));
  const add = (changes.add ?? []).map((message): Proposal => ({
    proposalType: "add",
    add: { keyPackage: decodeKeyPackageMessage(message) },
  }));
  return [...remove, ...add];
}

function encodeWelcome(welcome: Welcome): Uint8Array {
  return encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome });
}

/** ts-mls drops the present epoch's ratchets when it makes a commit; this is the step that it took. */
async function ratchetAfterCommit(context: MlsContext, state: ClientState): Promise<Uint8Array> {
  const leaf = state.privatePath.leafIndex;
  const index = leafToNodeIndex(toLeafIndex(leaf));
  const { newTree } = await consumeRatchet(state.secretTree, index, "commit", context.suite);
  return encodeRatchet(ratchetAt(newTree, leaf));
}
