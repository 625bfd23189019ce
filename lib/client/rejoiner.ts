import { encodeUtf8 } from "../bytes/mod.ts";
import { AuthenticationError, ParleyError, ProtocolError } from "../errors/mod.ts";
import { createGroupInfo, joinExternal } from "../mls/mod.ts";
import type { ClientStore, MailboxRowState } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import { directUsers, ENTRY_ID_BYTES } from "../wire/mod.ts";
import type { Commits } from "./commits.ts";
import type { ConversationsOptions, Relaying, Wish } from "./conversation_types.ts";
import { giveWay } from "./give_way.ts";
import {
  assertMembership,
  leaveByWish,
  leaveGroup,
  readRoster,
  toRoster,
  toSnapshot,
} from "./group_state.ts";
import { noteGone } from "./groups/note_group_changes.ts";
import { keyPackageValidity } from "./key_packages.ts";

/** Others may win the epoch again and again; each time there is a newer GroupInfo. */
const MAX_ATTEMPTS = 100;
/** So many new users are named. */
const MAX_NAMED = 20;

/** Why a conversation was entered again, as the history says it. */
const reasons = {
  lost: "this device had no keys for the conversation",
  broken: "an entry of the conversation could not be worked in",
  "asked for": "it was asked for",
} as const;

/** Enters conversations again from outside, in which this device has its place and has lost it. */
export class Rejoiner {
  readonly #options: ConversationsOptions;
  readonly #commits: Commits;

  /** Works on a store as one device. */
  constructor(options: ConversationsOptions, commits: Commits) {
    this.#options = options;
    this.#commits = commits;
  }

  /**
   * Enters a conversation again where that is the way on, and refuses to go on where it is not.
   *
   * @throws {ProtocolError} `not-a-member`, `conversation-refused`, `rejoin-waiting`
   * @throws {AuthenticationError} `device-duplicated`
   */
  async restore(mailbox: string, relaying: Relaying, { create }: Wish): Promise<void> {
    const { store } = this.#options;
    const state = this.#stateOf(mailbox, create !== undefined);
    if (state === "active") return;
    if (state === "refused") throw refused(mailbox);
    if (state === "duplicated") throw duplicated(mailbox);
    if (state === "left") throw notAMember();
    if (store.pendingCommits.get(mailbox) !== undefined) return;
    await this.rejoin(mailbox, relaying, state);
  }

  /** Notes that the conversation is there and this device has no keys for it. */
  noteLost(mailbox: string): Promise<void> {
    const { store } = this.#options;
    return store.transaction(() => {
      const hasKeys = store.groups.epochNumber(mailbox) !== undefined;
      if (!hasKeys && store.pendingCommits.get(mailbox) === undefined) {
        store.mailboxes.setState(mailbox, "lost");
      }
    });
  }

  /** Enters a conversation from outside; see {@link Rejoiner.restore} for the errors. */
  async rejoin(mailbox: string, relaying: Relaying, why: keyof typeof reasons): Promise<void> {
    const { store } = this.#options;
    const known = store.groups.epochNumber(mailbox) ?? 0;
    const users = readRoster(store, mailbox)?.users;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (await this.#attempt(mailbox, relaying.connection, known)) {
        return await this.#note(mailbox, why, users);
      }
      await giveWay(attempt, this.#options.random);
      await relaying.catchUp();
      // The commit may have come back with the log.
      const { state } = store.mailboxes.get(mailbox);
      if (state === "active" && store.groups.epochNumber(mailbox) !== undefined) {
        return await this.#note(mailbox, why, users);
      }
    }
    throw waiting();
  }

  /** Leaves the GroupInfo of the present epoch with the relay; one that is too late is nobody's loss. */
  async putGroupInfo(mailbox: string, connection: ClientConnection): Promise<void> {
    const { store, mls } = this.#options;
    const rows = store.groups.group(mailbox);
    if (rows === undefined || store.mailboxes.get(mailbox).state !== "active") return;
    const groupInfo = await createGroupInfo(mls, toSnapshot(rows));
    try {
      await connection.request("put-group-info", { mailbox, groupInfo });
    } catch (error) {
      if (!(error instanceof ParleyError) || error.kind !== "protocol") throw error;
    }
  }

  async #attempt(mailbox: string, connection: ClientConnection, known: number): Promise<boolean> {
    const { store, mls, self } = this.#options;
    const groupInfo = await this.#requestGroupInfo(mailbox, connection);
    if (groupInfo === undefined) throw waiting();
    const joined = await joinExternal(mls, groupInfo, mailbox, keyPackageValidity(new Date()));
    if (joined.epoch < known) {
      throw new ProtocolError("group-info-stale", "the relay gave a group info of an epoch that is over");
    }
    assertMembership(mailbox, joined.pending, self);
    if (toRoster(mailbox, joined.pending.epoch.groupData).leaving.includes(self.user)) {
      return await this.#giveUp(mailbox, leaveByWish);
    }
    const { commit, pending, epoch } = joined;
    const row = await store.transaction(() =>
      this.#commits.put(mailbox, { commit, pending, epoch, refreshes: true, add: [], remove: [] })
    );
    return await this.#commits.submit(mailbox, row, connection);
  }

  async #requestGroupInfo(mailbox: string, connection: ClientConnection): Promise<Uint8Array | undefined> {
    try {
      return (await connection.request("group-info", { mailbox })).groupInfo;
    } catch (error) {
      if (error instanceof ParleyError && error.code === "not-a-member") return await this.#giveUp(mailbox);
      throw error;
    }
  }

  /** This user was removed, or leaves, since the device was in the conversation last. */
  async #giveUp(mailbox: string, leave = leaveGroup): Promise<never> {
    const { store, self, clock } = this.#options;
    await store.transaction(() => {
      noteGone(store, mailbox, self, clock().getTime());
      leave(store, mailbox);
    });
    throw notAMember();
  }

  /** Says why, and which users this device finds there now besides those whom it knew of, who may be strangers. */
  #note(mailbox: string, why: keyof typeof reasons, known: string[] | undefined): Promise<void> {
    const { store, random, self, clock, onRejoined } = this.#options;
    return store.transaction(() => {
      const id = random(ENTRY_ID_BYTES), time = clock().getTime();
      const reason = takeRestoration(store, mailbox) ?? reasons[why];
      const news = nameNewUsers(known, readRoster(store, mailbox)?.users ?? []);
      const line = { id, mailbox, seq: null, ...self, time, content: encodeUtf8(reason + news) };
      store.messages.add({ ...line, kind: "rejoined", outgoing: false });
      onRejoined(mailbox);
    });
  }

  /** In what state it is; a conversation of two is found again by its name. */
  #stateOf(mailbox: string, creates: boolean): MailboxRowState {
    const { store } = this.#options;
    const { state } = store.mailboxes.get(mailbox);
    const isDirect = directUsers(mailbox) !== undefined;
    if (state === "left" && isDirect) return "lost";
    const hasKeys = store.groups.epochNumber(mailbox) !== undefined;
    return state === "active" && !hasKeys && !isDirect && !creates ? "lost" : state;
  }
}

function nameNewUsers(known: string[] | undefined, present: string[]): string {
  const news = known === undefined ? [] : present.filter((user) => !known.includes(user));
  if (news.length === 0) return "";
  const more = news.length > MAX_NAMED ? ` and ${news.length - MAX_NAMED} more` : "";
  return `; new there since: ${news.slice(0, MAX_NAMED).join(", ")}${more}`;
}

/** What is missing in a conversation that comes from a backup; said once. */
function takeRestoration({ facts }: ClientStore, mailbox: string): string | undefined {
  const time = facts.get(`restored:${mailbox}`);
  if (time === undefined) return undefined;
  facts.delete(`restored:${mailbox}`);
  const date = new Date(Number(time)).toISOString();
  return `this device was restored from a backup of ${date}; what else it received after that is not here`;
}

function notAMember(): ProtocolError {
  return new ProtocolError("not-a-member", "this device is not in the conversation");
}

function refused(mailbox: string): ProtocolError {
  return new ProtocolError("conversation-refused", "the conversation was changed by someone who must not", {
    hint: `the history says who; enter it as it is now with 'parley group rejoin ${mailbox}'`,
  });
}

function duplicated(mailbox: string): AuthenticationError {
  return new AuthenticationError("device-duplicated", "another copy of this device has taken its place", {
    hint: `stop the other copy, then 'parley group rejoin ${mailbox}'`,
  });
}

function waiting(): ProtocolError {
  return new ProtocolError("rejoin-waiting", "no member is connected who could let this device in again", {
    hint: "it is tried again with every connection",
  });
}
