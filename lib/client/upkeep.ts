import type { ParleyError } from "../errors/mod.ts";
import type { Clock } from "../pki/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import type { DeviceRef } from "../wire/mod.ts";
import type { Relaying } from "./conversation_types.ts";
import { type Conversations, isConversationsOwn } from "./conversations.ts";
import { readRoster } from "./group_state.ts";
import type { Identity } from "./identity.ts";
import { isRefreshDue } from "./refresh_policy.ts";
import { serialOf } from "./renewal.ts";
import { noteRevocation } from "./revocation_note.ts";

/** What upkeep works with. */
export interface UpkeepOptions {
  /** Keeps the conversations. */
  store: ClientStore;
  /** Brings them in order. */
  conversations: Conversations;
  /** Whose they are. */
  identity: Identity;
  /** Which device this is. */
  self: DeviceRef;
  /** The time. */
  clock: Clock;
}

/** In larger groups the admins take out who leaves; if all members tried at once, all but one would in vain. */
const SMALL_GROUP = 32;

/**
 * Keeps conversations in order without waiting for something to be sent: enters those again that were lost, sends
 * commits whose fate is open, removes members whose certificate was revoked and users who leave, brings this
 * device's own leaf to its renewed certificate, and makes new keys for it when they are old.
 */
export class Upkeep {
  readonly #options: UpkeepOptions;

  /** Keeps the conversations of one device. */
  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /**
   * Does what is due. What the relay has must be worked in before. Cheap where there is nothing to do: all
   * members are looked through once for each CRL.
   *
   * @returns what keeps conversations from being in order, one error each; they are tried again the next time
   */
  async run(relaying: Relaying): Promise<ParleyError[]> {
    const { store, identity, conversations } = this.#options;
    const crl = String(identity.trust.crlNumber ?? 0);
    const looked = store.facts.get("crl") === crl;
    const due = new Set(this.#due());
    if (!looked) { for (const mailbox of await this.#noteRevocations()) due.add(mailbox); }
    const troubles: ParleyError[] = [];
    for (const mailbox of due) {
      try {
        await conversations.ready(mailbox, relaying, { devices: [] });
      } catch (error) {
        if (!isConversationsOwn(error)) throw error;
        troubles.push(error);
      }
    }
    if (!looked && troubles.length === 0) await store.transaction(() => store.facts.set("crl", crl));
    return troubles;
  }

  /** Conversations in which something is to be done that their rows tell. */
  #due(): string[] {
    const { store: { groups, groupProfiles, mailboxes, pendingCommits }, identity, self, clock } =
      this.#options;
    const now = clock().getTime();
    const stale = groups.keyAges().filter((age) =>
      age.members > 1 && isRefreshDue(age, { members: age.members, now, sending: false })
    );
    const active = [
      ...groups.conversationsWithOtherSerial(self, serialOf(identity)),
      ...groupProfiles.withLeavers().filter((mailbox) => this.#takesOutLeavers(mailbox)),
      ...stale.map(({ mailbox }) => mailbox),
    ].filter((mailbox) => mailboxes.get(mailbox).state === "active");
    return [
      ...mailboxes.inState("lost"),
      ...mailboxes.inState("broken"),
      ...pendingCommits.mailboxes(),
      ...active,
    ];
  }

  #takesOutLeavers(mailbox: string): boolean {
    const { store, self } = this.#options;
    const roster = readRoster(store, mailbox);
    if (roster === undefined || roster.leaving.every((user) => user === self.user)) return false;
    return store.groups.countMembers(mailbox) <= SMALL_GROUP || roster.admins.includes(self.user);
  }

  /** Leaves a note of each member that is revoked; returns the conversations that have such members. */
  #noteRevocations(): Promise<string[]> {
    const { store, identity: { trust }, self } = this.#options;
    return store.transaction(() =>
      store.groups.conversations().filter((mailbox) =>
        store.mailboxes.get(mailbox).state === "active" &&
        store.groups.members(mailbox).filter((one) => noteRevocation(store, trust, mailbox, one, self))
            .length > 0
      )
    );
  }
}
