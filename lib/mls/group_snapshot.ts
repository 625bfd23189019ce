import type { ClientState } from "ts-mls";
import type { ClientConfig } from "ts-mls/clientConfig.js";
import { decodeRatchetTree, type RatchetTree, ratchetTreeEncoder } from "ts-mls/ratchetTree.js";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import {
  decodeSecretTreeNode,
  type SecretTree,
  type SecretTreeNode,
  secretTreeNodeEncoder,
} from "ts-mls/secretTree.js";
import { leafToNodeIndex, toLeafIndex } from "ts-mls/treemath.js";
import { ProtocolError, StorageError } from "../errors/mod.ts";
import type { MlsContext } from "./context.ts";
import { GroupEpoch } from "./group_epoch.ts";

/** A member of a group. */
export interface Member {
  /** The leaf index (RFC 9420 §4). */
  leaf: number;
  /** The user of its credential. */
  user: string;
  /** The device of its credential. */
  device: string;
  /** The serial number of its certificate. */
  serial: string;
  /** Its Ed25519 public key, raw. */
  signatureKey: Uint8Array;
}

/** Everything a member knows of a group in one epoch, in the pieces in which it is stored. */
export interface GroupSnapshot {
  /** Written once per epoch; secret. */
  epoch: GroupEpoch;
  /** The ratchet tree (RFC 9420 §7.8), encoded; written once per epoch, public. */
  tree: Uint8Array;
  /** The message ratchets by leaf index, encoded; each is rewritten by its sender's messages; secret. */
  ratchets: Map<number, Uint8Array>;
  /** Who is in the group. */
  members: Member[];
}

/** Takes the state that ts-mls made of a new epoch apart. */
export async function takeSnapshot(context: MlsContext, state: ClientState): Promise<GroupSnapshot> {
  const { groupContext, keySchedule, privatePath, confirmationTag, ratchetTree, secretTree } = state;
  const members = await readMembers(context, ratchetTree);
  const ratchets = new Map<number, Uint8Array>();
  for (const { leaf } of members) ratchets.set(leaf, encodeRatchet(ratchetAt(secretTree, leaf)));
  return {
    epoch: new GroupEpoch({ groupContext, keySchedule, privatePath, confirmationTag }),
    tree: encode(ratchetTreeEncoder)(ratchetTree),
    ratchets,
    members,
  };
}

/**
 * Puts the state together that ts-mls needs for a handshake. Of the message ratchets only those given are
 * there; the library touches none but the author's.
 */
export function toClientState(
  context: MlsContext,
  epoch: GroupEpoch,
  tree: Uint8Array,
  ratchets: Map<number, Uint8Array>,
  clientConfig: ClientConfig,
): ClientState {
  return {
    ...epoch.parts,
    ratchetTree: decodeTree(tree),
    secretTree: toSecretTree(ratchets),
    signaturePrivateKey: context.identity.signaturePrivateKey,
    unappliedProposals: {},
    historicalReceiverData: new Map(),
    groupActiveState: { kind: "active" },
    clientConfig,
  };
}

/** Lays ratchets out as ts-mls expects them: by node index, the rest left empty. */
export function toSecretTree(ratchets: Map<number, Uint8Array>): SecretTree {
  const tree: SecretTree = [];
  for (const [leaf, bytes] of ratchets) tree[nodeIndex(leaf)] = decodeRatchet(bytes);
  return tree;
}

/** The ratchet of a leaf, which must be there. */
export function ratchetAt(tree: SecretTree, leaf: number): SecretTreeNode {
  const ratchet = tree[nodeIndex(leaf)];
  if (ratchet === undefined) {
    throw new ProtocolError("mls-invalid", "the MLS message comes from a leaf that is not in the group");
  }
  return ratchet;
}

/** Encodes a leaf's two message ratchets (RFC 9420 §9). */
export const encodeRatchet: (ratchet: SecretTreeNode) => Uint8Array = encode(secretTreeNodeEncoder);

function decodeRatchet(bytes: Uint8Array): SecretTreeNode {
  const ratchet = decodeSecretTreeNode(bytes, 0)?.[0];
  if (ratchet === undefined) throw damaged();
  return ratchet;
}

/** Decodes a ratchet tree that this member stored. */
function decodeTree(bytes: Uint8Array): RatchetTree {
  const tree = decodeRatchetTree(bytes, 0)?.[0];
  if (tree === undefined) throw damaged();
  return tree;
}

async function readMembers(context: MlsContext, tree: RatchetTree): Promise<Member[]> {
  const members: Member[] = [];
  for (let index = 0; index < tree.length; index += 2) {
    const node = tree[index];
    if (node?.nodeType !== "leaf") continue;
    const { credential, signaturePublicKey } = node.leaf;
    if (credential.credentialType !== "x509") {
      throw new ProtocolError("mls-invalid", "a member has no X.509 credential");
    }
    const { user, device, serial } = await context.readCredential(credential.certificates);
    members.push({ leaf: index / 2, user, device, serial, signatureKey: signaturePublicKey });
  }
  return members;
}

function nodeIndex(leaf: number): number {
  return leafToNodeIndex(toLeafIndex(leaf));
}

function damaged(): StorageError {
  return new StorageError("group-state-damaged", "the stored state of a conversation cannot be read");
}
