import { type CborValue, decodeCbor, encodeCbor, equalBytes } from "../bytes/mod.ts";
import type { RandomSource } from "../crypto/mod.ts";
import { ParleyError } from "../errors/mod.ts";
import { createGroupInfo, encodePendingState, type MlsContext, type PendingState } from "../mls/mod.ts";
import type { Clock } from "../pki/mod.ts";
import type { ClientStore, PendingCommitRow } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import { type DeviceRef, ENTRY_ID_BYTES, limits, type OperationRequest } from "../wire/mod.ts";
import { adoptPending } from "./group_state.ts";

/** What commits work with. */
export interface CommitsOptions {
  /** Keeps them. */
  store: ClientStore;
  /** This device's place in MLS. */
  mls: MlsContext;
  /** Which device this is. */
  self: DeviceRef;
  /** Makes ids. */
  random: RandomSource;
  /** The time. */
  clock: Clock;
}

/** A commit that is to be sent. */
export interface OutgoingCommit {
  /** The epoch that it ends. */
  epoch: number;
  /** An MLSMessage. */
  commit: Uint8Array;
  /** An MLSMessage for those who are added. */
  welcome?: Uint8Array;
  /** The state after it. */
  pending: PendingState;
  /** Whether it makes new keys for this device. */
  refreshes: boolean;
  /** Devices added, for the relay. */
  add: DeviceRef[];
  /** Devices removed, for the relay. */
  remove: DeviceRef[];
}

/** The tree is nearly all of a GroupInfo. */
const MAX_ATTACHED_TREE_BYTES = limits.maxAttachedGroupInfoBytes - 4_096;

/**
 * Commits of this device. Each is stored with the state after it before it is sent. Its fate is learnt from the
 * relay's answer or from the log, whichever comes first, by any process of this identity.
 */
export class Commits {
  readonly #options: CommitsOptions;

  /** Keeps commits in a store. */
  constructor(options: CommitsOptions) {
    this.#options = options;
  }

  /** Stores a commit; inside a transaction. */
  async put(
    mailbox: string,
    { epoch, refreshes, pending, ...rest }: OutgoingCommit,
  ): Promise<PendingCommitRow> {
    const { store, mls, random } = this.#options;
    const id = random(ENTRY_ID_BYTES);
    const { commit, welcome, add, remove } = rest;
    const groupInfo = pending.tree.length <= MAX_ATTACHED_TREE_BYTES
      ? await createGroupInfo(mls, pending)
      : undefined;
    const request = { mailbox, id, commit, welcome, add, remove, groupInfo };
    const row = {
      id,
      epoch,
      refreshes,
      request: encodeCbor(request as unknown as CborValue),
      state: encodePendingState(pending),
    };
    store.pendingCommits.put(mailbox, row);
    return row;
  }

  /**
   * Sends a stored commit; false where another one has won the epoch, or its fate will be learnt from the log.
   *
   * @throws what else the relay refuses it with; it is forgotten then
   */
  async submit(mailbox: string, pending: PendingCommitRow, connection: ClientConnection): Promise<boolean> {
    const request = decodeCbor(pending.request) as OperationRequest<"commit">;
    try {
      const { seq } = await connection.request("commit", request);
      return await this.#accepted(mailbox, pending, seq);
    } catch (error) {
      if (!(error instanceof ParleyError) || error.kind !== "protocol") throw error;
      await this.#options.store.transaction(() => this.#forget(mailbox, pending));
      if (error.code !== "epoch-conflict") throw error;
      return false;
    }
  }

  /** True where nothing lies before the commit that is not worked in; else the log will tell. */
  #accepted(mailbox: string, pending: PendingCommitRow, seq: number): Promise<boolean> {
    const { store, self, clock } = this.#options;
    return store.transaction(() => {
      if (store.mailboxes.get(mailbox).cursor !== seq - 1) return false;
      if (!this.#isStill(mailbox, pending)) return false;
      adoptPending(store, mailbox, { seq, self, now: clock().getTime() });
      store.mailboxes.advance(mailbox, seq);
      return true;
    });
  }

  #forget(mailbox: string, pending: PendingCommitRow): void {
    if (this.#isStill(mailbox, pending)) this.#options.store.pendingCommits.delete(mailbox);
  }

  #isStill(mailbox: string, { id }: PendingCommitRow): boolean {
    const now = this.#options.store.pendingCommits.get(mailbox);
    return now !== undefined && equalBytes(now.id, id);
  }
}
