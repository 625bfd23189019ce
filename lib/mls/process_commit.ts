import {
  type CiphersuiteImpl,
  type ClientState,
  emptyPskIndex,
  type PrivateMessage,
  processPrivateMessage,
  processPublicMessage,
  type Proposal,
  type PublicMessage,
} from "ts-mls";
import type { IncomingMessageCallback } from "ts-mls/incomingMessageAction.js";
import { unprotectPublicMessage } from "ts-mls/messageProtectionPublic.js";
import { equalBytes } from "../bytes/mod.ts";
import { AuthenticationError, ProtocolError } from "../errors/mod.ts";
import { type CredentialHolder, type MlsContext, withClientConfig } from "./context.ts";
import type { GroupEpoch } from "./group_epoch.ts";
import { readGroupData } from "./group_data.ts";
import {
  type GroupSnapshot,
  type KnownMembers,
  type Member,
  ratchetOf,
  takeSnapshot,
  toClientState,
} from "./group_snapshot.ts";
import { withMlsErrors } from "./mls_error.ts";
import { decodeHandshake } from "./private_message.ts";
import { withoutSecretTree } from "./secret_tree.ts";
import { readSenderLeaf } from "./sender.ts";

/** The outcome of a commit that another member made, or a device that entered from outside. */
export interface ProcessedCommit {
  /** Who made it. */
  author: { user: string; device: string };
  /** Whether its author entered from outside (RFC 9420 §12.4.3.2), in place of its former leaf if it had one. */
  external: boolean;
  /** What the application and all members agree on after it. */
  groupData: Uint8Array | undefined;
  /** The state after it; undefined where it removed this member. */
  next: GroupSnapshot | undefined;
}

/** The proposals that parley's members make; those of a device that enters from outside. */
const PROPOSALS = ["add", "remove", "group_context_extensions"];
const EXTERNAL_PROPOSALS = ["external_init", "remove"];

/**
 * Applies a commit of the present epoch. Whether its author may change what it changes is the caller's to judge,
 * except that a device that enters from outside may remove no leaf but its own former one.
 *
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `mls-wrong-epoch`, `mls-invalid`
 * @throws {AuthenticationError} `mls-verification-failed`, or why a new member's credential is refused
 */
export function processCommit(
  context: MlsContext,
  current: GroupSnapshot,
  commit: Uint8Array,
): Promise<ProcessedCommit> {
  return withMlsErrors(() => {
    const message = decodeHandshake(current.epoch, commit);
    return message.wireformat === "mls_private_message"
      ? processMembers(context, current, message.privateMessage)
      : processExternal(context, current, message.publicMessage);
  });
}

function processMembers(
  context: MlsContext,
  current: GroupSnapshot,
  message: PrivateMessage,
): Promise<ProcessedCommit> {
  return withClientConfig(context, async (config) => {
    const { epoch, tree } = current;
    if (message.contentType !== "commit") throw invalid("is not a commit");
    const leaf = await readSenderLeaf(context, epoch, message);
    const author = current.members.find((one) => one.leaf === leaf);
    if (author === undefined) throw invalid("comes from a leaf that is not in the group");
    const proposals = new ProposalCheck(PROPOSALS, epoch.ownLeaf);
    const state = toClientState(context, epoch, tree, new Map([[leaf, ratchetOf(current, leaf)]]), config);
    const before = { tree: state.ratchetTree, members: current.members };
    const next = await enterIfMember(context, before, proposals, async (suite) => {
      const result = await processPrivateMessage(state, message, emptyPskIndex, suite, proposals.callback);
      return result.newState;
    });
    const { user, device } = author;
    const outcome = { author: { user, device }, external: false, groupData: proposals.groupData(epoch) };
    if (next === undefined) return { ...outcome, next };
    assertSameHolder(author, next.members.find((one) => one.leaf === leaf));
    return { ...outcome, next };
  });
}

function processExternal(
  context: MlsContext,
  current: GroupSnapshot,
  message: PublicMessage,
): Promise<ProcessedCommit> {
  return withClientConfig(context, async (config) => {
    const { epoch, tree, members } = current;
    const joiner = await readJoiner(context, message);
    const former = members.find((one) => same(one, joiner));
    assertEntrance(message, former?.leaf);
    const state = toClientState(context, epoch, tree, new Map(), config);
    const outcome = { author: joiner, external: true, groupData: epoch.groupData };
    if (former?.leaf === epoch.ownLeaf) {
      // There is nothing in the path for it, and ts-mls cannot take the only leaf out of a tree.
      const { suite } = context;
      const { membershipKey } = state.keySchedule;
      await unprotectPublicMessage(membershipKey, state.groupContext, state.ratchetTree, message, suite);
      return { ...outcome, next: undefined };
    }
    const before = { tree: state.ratchetTree, members };
    const proposals = new ProposalCheck(EXTERNAL_PROPOSALS, epoch.ownLeaf);
    const next = await enterIfMember(context, before, proposals, async (suite) => {
      const result = await processPublicMessage(state, message, emptyPskIndex, suite, proposals.callback);
      return result.newState;
    });
    return { ...outcome, next };
  });
}

/** Enters the epoch after a commit; undefined where it removes this member. */
async function enterIfMember(
  context: MlsContext,
  before: KnownMembers,
  proposals: ProposalCheck,
  process: (suite: CiphersuiteImpl) => Promise<ClientState>,
): Promise<GroupSnapshot | undefined> {
  const { result, encryptionSecret } = await withoutSecretTree(context.suite, process);
  if (proposals.refused) throw invalid("holds other proposals");
  if (proposals.removesSelf) return undefined;
  if (encryptionSecret === undefined) throw invalid("is not a commit");
  return await takeSnapshot(context, result, encryptionSecret, before);
}

/** Before ts-mls takes leaves out: it does not look whether they are in the tree. */
function assertEntrance({ content }: PublicMessage, former: number | undefined): void {
  const proposals = content.contentType === "commit" ? content.commit.proposals : [];
  const removed: number[] = [];
  for (const one of proposals) {
    if (one.proposalOrRefType !== "proposal") throw invalid("refers to proposals");
    if (one.proposal.proposalType === "remove") removed.push(one.proposal.remove.removed);
  }
  const wanted = former === undefined ? [] : [former];
  if (removed.length === wanted.length && removed[0] === wanted[0]) return;
  throw invalid("takes out another leaf than the joiner's former one");
}

/** Who enters from outside: the holder of the new leaf's credential, which has signed the commit. */
async function readJoiner(
  context: MlsContext,
  { content }: PublicMessage,
): Promise<{ user: string; device: string }> {
  if (content.sender.senderType !== "new_member_commit" || content.contentType !== "commit") {
    throw invalid("is public and no commit of a new member");
  }
  const leaf = content.commit.path?.leafNode;
  if (leaf?.credential.credentialType !== "x509") throw invalid("has no new leaf");
  const { user, device, publicKey }: CredentialHolder = await context.checkCredential(
    leaf.credential.certificates,
  );
  if (!equalBytes(publicKey, leaf.signaturePublicKey)) {
    throw new AuthenticationError("credential-invalid", "a joiner does not hold the key of its credential");
  }
  return { user, device };
}

/**
 * Looks at a commit's proposals while ts-mls processes it: after the signature, before the path. Where they
 * remove this member it goes no further, for there is nothing in the path for it; ts-mls sees that by itself
 * only as long as nobody was added in its place.
 */
class ProposalCheck {
  readonly #known: string[];
  readonly #ownLeaf: number;
  #proposals: Proposal[] = [];
  /** Whether one was not as it must be. */
  refused = true;

  constructor(known: string[], ownLeaf: number) {
    this.#known = known;
    this.#ownLeaf = ownLeaf;
  }

  /** For ts-mls. */
  readonly callback: IncomingMessageCallback = (incoming) => {
    if (incoming.kind !== "commit") return "reject";
    this.#proposals = incoming.proposals.map(({ proposal }) => proposal);
    this.refused = !this.#proposals.every(({ proposalType }) => this.#known.includes(String(proposalType)));
    return this.refused || this.removesSelf ? "reject" : "accept";
  };

  /** Whether this member is removed. */
  get removesSelf(): boolean {
    return this.#proposals.some((one) =>
      one.proposalType === "remove" && one.remove.removed === this.#ownLeaf
    );
  }

  /** The group's data after the commit. */
  groupData({ groupData }: GroupEpoch): Uint8Array | undefined {
    const change = this.#proposals.find((one) => one.proposalType === "group_context_extensions");
    if (change?.proposalType !== "group_context_extensions") return groupData;
    return readGroupData(change.groupContextExtensions.extensions);
  }
}

/** RFC 9420 §5.3.1: another certificate in the author's leaf has to be the same device's. */
function assertSameHolder(before: Member, after: Member | undefined): void {
  if (after !== undefined && same(before, after)) return;
  throw new AuthenticationError("credential-invalid", "a member has changed its name");
}

interface Named {
  user: string;
  device: string;
}

function same(a: Named, b: Named): boolean {
  return a.user === b.user && a.device === b.device;
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError("mls-invalid", `the MLS message ${reason}`);
}
