import { emptyPskIndex, processPrivateMessage } from "ts-mls";
import type { ProposalWithSender } from "ts-mls/unappliedProposals.js";
import { AuthenticationError, ProtocolError } from "../errors/mod.ts";
import { type MlsContext, withClientConfig } from "./context.ts";
import { type GroupSnapshot, takeSnapshot, toClientState } from "./group_snapshot.ts";
import { withMlsErrors } from "./mls_error.ts";
import { decodePrivateMessage } from "./private_message.ts";
import { readSenderLeaf } from "./sender.ts";

/** The outcome of a commit that another member made. */
export interface ProcessedCommit {
  /** The author's leaf. */
  author: number;
  /** The state after it; undefined where it removed this member. */
  next: GroupSnapshot | undefined;
}

/** The proposals that parley's members make. */
const PROPOSALS = ["add", "remove"];

/**
 * Applies a commit of the present epoch.
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
  return withMlsErrors(() =>
    withClientConfig(context, async (config) => {
      const { epoch, tree, ratchets } = current;
      const privateMessage = decodePrivateMessage(epoch, commit);
      if (privateMessage.contentType !== "commit") throw invalid("is not a commit");
      const author = await readSenderLeaf(context, epoch, privateMessage);
      const ratchet = ratchets.get(author);
      if (ratchet === undefined) throw invalid("comes from a leaf that is not in the group");
      const result = await processPrivateMessage(
        toClientState(context, epoch, tree, new Map([[author, ratchet]]), config),
        privateMessage,
        emptyPskIndex,
        context.suite,
        (incoming) => incoming.kind === "commit" && incoming.proposals.every(isKnown) ? "accept" : "reject",
      );
      if (result.kind !== "newState" || result.actionTaken === "reject") {
        throw invalid("holds other proposals");
      }
      const removed = result.newState.groupActiveState.kind === "removedFromGroup";
      if (removed) return { author, next: undefined };
      const next = await takeSnapshot(context, result.newState);
      assertSameHolder(current, next, author);
      return { author, next };
    })
  );
}

/** RFC 9420 §5.3.1: another certificate in the author's leaf has to be the same device's. */
function assertSameHolder(current: GroupSnapshot, next: GroupSnapshot, author: number): void {
  const [before, after] = [current, next].map(({ members }) => members.find(({ leaf }) => leaf === author));
  if (before?.user === after?.user && before?.device === after?.device) return;
  throw new AuthenticationError("credential-invalid", "a member has changed its name");
}

function isKnown({ proposal }: ProposalWithSender): boolean {
  return PROPOSALS.includes(String(proposal.proposalType));
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError("mls-invalid", `the MLS message ${reason}`);
}
