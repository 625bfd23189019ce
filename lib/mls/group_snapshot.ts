import type { CiphersuiteImpl, ClientState } from "ts-mls";
import type { ClientConfig } from "ts-mls/clientConfig.js";
import { decodeRatchetTree, type RatchetTree, ratchetTreeEncoder } from "ts-mls/ratchetTree.js";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import {
  decodeSecretTreeNode,
  type SecretTree as RatchetLayout,
  type SecretTreeNode,
  secretTreeNodeEncoder,
} from "ts-mls/secretTree.js";
import type { LeafNode } from "ts-mls/leafNode.js";
import { leafToNodeIndex, leafWidth, toLeafIndex } from "ts-mls/treemath.js";
import { InternalError, ProtocolError, StorageError } from "../errors/mod.ts";
import type { MlsContext } from "./context.ts";
import { GroupEpoch } from "./group_epoch.ts";
import { kdfOf } from "./provider.ts";
import { SecretTree, withoutSecretTree } from "./secret_tree.ts";

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
  /** From which the ratchets of members are derived who have sent nothing yet, encoded; secret. */
  secrets: Uint8Array;
  /**
   * The message ratchets of those who have, by leaf index, encoded; each is rewritten by its sender's messages;
   * secret.
   */
  ratchets: Map<number, Uint8Array>;
  /** Who is in the group. */
  members: Member[];
}

/** The parts of ts-mls' state that are kept. */
type EnteredState = Pick<
  ClientState,
  "groupContext" | "keySchedule" | "privatePath" | "confirmationTag" | "ratchetTree"
>;

/** Has ts-mls enter a new epoch, and takes the state that it makes of it apart. */
export async function enterEpoch(
  context: MlsContext,
  operation: (suite: CiphersuiteImpl) => Promise<EnteredState>,
): Promise<GroupSnapshot> {
  const { result, encryptionSecret } = await withoutSecretTree(context.suite, operation);
  if (encryptionSecret === undefined) throw new InternalError("MLS has entered no new epoch");
  return await takeSnapshot(context, result, encryptionSecret);
}

/** Takes the state of a new epoch apart. */
export async function takeSnapshot(
  context: MlsContext,
  state: EnteredState,
  encryptionSecret: Uint8Array,
  before?: KnownMembers,
): Promise<GroupSnapshot> {
  const { groupContext, keySchedule, privatePath, confirmationTag, ratchetTree } = state;
  return {
    epoch: new GroupEpoch({ groupContext, keySchedule, privatePath, confirmationTag }),
    tree: encode(ratchetTreeEncoder)(ratchetTree),
    secrets: SecretTree.plant(leafWidth(ratchetTree.length), encryptionSecret).encode(),
    ratchets: new Map(),
    members: await readMembers(context, ratchetTree, before),
  };
}

/**
 * The message ratchets of a leaf, encoded. Where its member has sent nothing yet they are derived, and both the
 * ratchets and what is left of the secrets have to be stored.
 *
 * @throws {ProtocolError} `mls-invalid` where there is no such leaf
 */
export function deriveRatchet(
  { parts }: GroupEpoch,
  secrets: Uint8Array,
  leaf: number,
): { ratchet: Uint8Array; secrets: Uint8Array } {
  const tree = SecretTree.decode(secrets);
  const ratchet = tree.take(leaf, kdfOf(parts.groupContext.cipherSuite));
  return { ratchet, secrets: tree.encode() };
}

/** The ratchets of a leaf of a snapshot, which keeps what is left. */
export function ratchetOf(group: GroupSnapshot, leaf: number): Uint8Array {
  const known = group.ratchets.get(leaf);
  if (known !== undefined) return known;
  const { ratchet, secrets } = deriveRatchet(group.epoch, group.secrets, leaf);
  group.ratchets.set(leaf, ratchet);
  group.secrets = secrets;
  return ratchet;
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
export function toSecretTree(ratchets: Map<number, Uint8Array>): RatchetLayout {
  const tree: RatchetLayout = [];
  for (const [leaf, bytes] of ratchets) tree[nodeIndex(leaf)] = decodeRatchet(bytes);
  return tree;
}

/** The ratchet of a leaf, which must be there. */
export function ratchetAt(tree: RatchetLayout, leaf: number): SecretTreeNode {
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

/** A tree and who is in it. */
export interface KnownMembers {
  /** The tree. */
  tree: RatchetTree;
  /** Its members. */
  members: Member[];
}

/** Reads who is in a tree; of leaves that are the same as in another one, what is known of that. */
export async function readMembers(
  context: MlsContext,
  tree: RatchetTree,
  before?: KnownMembers,
): Promise<Member[]> {
  const known = new Map(before?.members.map((one) => [one.leaf, one]));
  const members: Member[] = [];
  for (let index = 0; index < tree.length; index += 2) {
    const node = tree[index], leaf = index / 2;
    if (node?.nodeType !== "leaf") continue;
    const same = node === before?.tree[index] ? known.get(leaf) : undefined;
    members.push(same ?? await readMember(context, leaf, node.leaf));
  }
  return members;
}

async function readMember(context: MlsContext, leaf: number, node: LeafNode): Promise<Member> {
  const { credential, signaturePublicKey } = node;
  if (credential.credentialType !== "x509") {
    throw new ProtocolError("mls-invalid", "a member has no X.509 credential");
  }
  const { user, device, serial } = await context.readCredential(credential.certificates);
  return { leaf, user, device, serial, signatureKey: signaturePublicKey };
}

function nodeIndex(leaf: number): number {
  return leafToNodeIndex(toLeafIndex(leaf));
}

function damaged(): StorageError {
  return new StorageError("group-state-damaged", "the stored state of a conversation cannot be read");
}
