import type { Clock } from "../pki/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import { deviceMailbox, type DeviceRef, limits, type OperationResponse, type Push } from "../wire/mod.ts";
import { noteDuplicate, noteLoss } from "./duplicate_note.ts";
import { isLeaving, isOut, leaveGroup } from "./group_state.ts";
import { noteGone } from "./groups/note_group_changes.ts";
import type { Receiver } from "./receiver.ts";

/** Entries of a lost conversation that each leave a line in the history; older ones leave nothing. */
const MAX_EXPLAINED = 1_000;

/** What a synchronizer works with. */
export interface SynchronizerOptions {
  /** Where to. */
  store: ClientStore;
  /** Works entries in. */
  receiver: Receiver;
  /** Which device this is. */
  self: DeviceRef;
  /** The time. */
  clock: Clock;
}

/** Brings the store level with the relay's mailboxes, by asking and by what the relay pushes. */
export class Synchronizer {
  readonly #store: ClientStore;
  readonly #receiver: Receiver;
  readonly #self: DeviceRef;
  readonly #clock: Clock;
  readonly #deviceMailbox: string;

  /** Synchronises one device's store. */
  constructor({ store, receiver, self, clock }: SynchronizerOptions) {
    this.#store = store;
    this.#receiver = receiver;
    this.#self = self;
    this.#clock = clock;
    this.#deviceMailbox = deviceMailbox(self);
  }

  /**
   * Works in everything that the relay has and this device has not. The device's own mailbox comes before
   * conversations that it has no keys for: its welcomes open them. It comes after the others, for the welcome of a
   * device that was removed and added again must not pass over what was said before.
   */
  async catchUp(connection: ClientConnection): Promise<void> {
    const known = this.#store.groups.conversations();
    const heads = await this.#heads(connection);
    await this.#leaveUnlisted(known, heads);
    const deviceHead = heads.get(this.#deviceMailbox) ?? 0;
    heads.delete(this.#deviceMailbox);
    for (const [mailbox, head] of heads) {
      const hasKeys = this.#store.groups.epochNumber(mailbox) !== undefined;
      if (hasKeys) await this.#readIfBehind(connection, mailbox, head);
    }
    await this.#readIfBehind(connection, this.#deviceMailbox, deviceHead);
    await this.#noteLost(heads);
    for (const [mailbox, head] of heads) await this.#readIfBehind(connection, mailbox, head);
  }

  /** Works a push in; asks for what is missing before it. */
  async workIn(connection: ClientConnection, push: Push): Promise<void> {
    if (push.push === "lagged") return await this.catchUp(connection);
    if (push.push !== "entries") return;
    const { mailbox, entries } = push;
    // What is told to one who is out of it: that it may be in it again.
    if (this.#store.mailboxes.get(mailbox).state === "left") return await this.catchUp(connection);
    if (!await this.#isToBeRead(mailbox, entries.at(-1)?.seq ?? 0)) return;
    const outcome = await this.#receiver.workIn(mailbox, entries);
    if (outcome === "gap") await this.catchUp(connection);
  }

  /** Tells the relay what is safe here, so that it need not keep it for this device. */
  async acknowledge(connection: ClientConnection): Promise<void> {
    const due = this.#store.mailboxes.notAcked();
    if (due.length === 0) return;
    await Promise.all(due.map(({ mailbox, cursor: seq }) => connection.request("ack", { mailbox, seq })));
    await this.#store.transaction(() => {
      for (const { mailbox, cursor } of due) this.#store.mailboxes.setAcked(mailbox, cursor);
    });
  }

  /**
   * Notes the conversations of which this device is a member and has no keys, though all welcomes are worked in: it
   * comes from a backup, or its store was lost. What it cannot read of them is explained, up to a bound.
   */
  async #noteLost(heads: Map<string, number>): Promise<void> {
    const { groups, mailboxes, pendingCommits } = this.#store;
    const isLost = (mailbox: string, head: number) => {
      const { state, cursor } = mailboxes.get(mailbox);
      // Put back from before it was added, with the welcome read and deleted.
      const isBackIn = state === "left" && head > cursor && !isLeaving(this.#store, mailbox);
      return (state === "active" || isBackIn) && groups.epochNumber(mailbox) === undefined &&
        pendingCommits.get(mailbox) === undefined;
    };
    if (!heads.entries().some(([mailbox, head]) => isLost(mailbox, head))) return;
    await this.#store.transaction(() => {
      for (const [mailbox, head] of heads) {
        if (!isLost(mailbox, head)) continue;
        noteLoss(this.#store, mailbox, this.#self, this.#clock().getTime());
        this.#skipTo(mailbox, head - MAX_EXPLAINED);
      }
    });
  }

  /**
   * A device that was put back from an old copy may have been removed meanwhile, and the removal be read and deleted.
   * `known` are conversations of which it had keys before the relay was asked for `heads`.
   */
  async #leaveUnlisted(known: string[], heads: Map<string, number>): Promise<void> {
    const { mailboxes } = this.#store;
    const unlisted = known.filter((mailbox) => !heads.has(mailbox));
    if (unlisted.length === 0) return;
    await this.#store.transaction(() => {
      for (const mailbox of unlisted) {
        if (mailboxes.get(mailbox).state !== "active") continue;
        noteGone(this.#store, mailbox, this.#self, this.#clock().getTime());
        leaveGroup(this.#store, mailbox);
      }
    });
  }

  async #heads(connection: ClientConnection): Promise<Map<string, number>> {
    const heads = new Map<string, number>();
    for (let after: string | undefined, more = true; more;) {
      const page = await connection.request("mailboxes", { after });
      for (const { mailbox, head } of page.mailboxes) heads.set(mailbox, head);
      after = page.mailboxes.at(-1)?.mailbox;
      more = page.more && after !== undefined;
    }
    return heads;
  }

  /**
   * Whether a page goes on where this device is. Where the relay was told that more is safe than has arrived here,
   * another copy of this device has told it: this one comes from an old backup of the whole folder, or there are two.
   * Where entries are gone because they were too old, the keys may be of an epoch that is over.
   */
  async #follows(mailbox: string, { floor, acked = 0 }: OperationResponse<"sync">): Promise<boolean> {
    const { groups, mailboxes } = this.#store;
    const look = () => {
      const { cursor, state } = mailboxes.get(mailbox);
      const isIn = state === "active" && groups.epochNumber(mailbox) !== undefined;
      return { isCopy: isIn && acked > cursor, isBehind: isIn && floor > cursor + 1 };
    };
    const { isCopy, isBehind } = look();
    if (!isCopy && !isBehind) return true;
    // Once more, for another process of this identity may have been quicker.
    return await this.#store.transaction(() => {
      const { isCopy, isBehind } = look();
      if (isCopy) noteDuplicate(this.#store, mailbox, this.#self, this.#clock().getTime());
      else if (isBehind) mailboxes.setState(mailbox, "broken");
      return !isCopy;
    });
  }

  /**
   * In a conversation that this device is out of nothing is read, so that nothing is passed over if it comes into it
   * again. Where it enters from outside, what it cannot read then is explained, up to a bound.
   */
  async #isToBeRead(mailbox: string, head: number): Promise<boolean> {
    const { mailboxes, pendingCommits } = this.#store;
    if (!isOut(mailboxes.get(mailbox).state)) return true;
    if (pendingCommits.get(mailbox) === undefined) return false;
    await this.#store.transaction(() => this.#skipTo(mailbox, head - MAX_EXPLAINED));
    return true;
  }

  /** Moves the cursor on where it is further back. */
  #skipTo(mailbox: string, start: number): void {
    const { mailboxes } = this.#store;
    if (mailboxes.get(mailbox).cursor < start) mailboxes.advance(mailbox, start);
  }

  async #readIfBehind(connection: ClientConnection, mailbox: string, head: number): Promise<void> {
    if (!await this.#isToBeRead(mailbox, head)) return;
    for (let known = head;;) {
      const { cursor } = this.#store.mailboxes.get(mailbox);
      if (cursor >= known) return;
      const page = await connection.request("sync", { mailbox, after: cursor, limit: limits.maxSyncEntries });
      if (!await this.#follows(mailbox, page) || page.entries.length === 0) return;
      await this.#receiver.workIn(mailbox, page.entries, page.floor);
      if (!await this.#isToBeRead(mailbox, head)) return;
      if (this.#store.mailboxes.get(mailbox).cursor === cursor) return;
      known = page.head;
    }
  }
}
