import { isCurrent, type MailboxStore } from "../store/mod.ts";
import type { OperationRequest, OperationResponse } from "../wire/mod.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./session_table.ts";

/** How long an answer waits for a member who is connected to make a GroupInfo. */
const WAIT_MS = 5_000;
/** Members who are asked at once; one would do, and may be on its way out. */
const MAX_ASKED = 3;
/** Conversations for which somebody waits; who comes beyond that asks again when it connects. */
const MAX_WANTED = 1_000;

/** What a desk works with. */
export interface GroupInfoDeskOptions {
  /** The mailboxes. */
  store: MailboxStore;
  /** Who is connected. */
  sessions: SessionTable;
}

/** A connection that needs a GroupInfo that is not there: one for each conversation, however often it asks. */
interface Seeker {
  /** End the waits of its requests. */
  wakes: Set<() => void>;
  /** Whether it was answered without one: then it is told as soon as there is one. */
  inVain: boolean;
}

/** Who needs the GroupInfo of a conversation. */
interface Search {
  seekers: Map<Session, Seeker>;
  /** Whether members were asked less than {@link WAIT_MS} ago: nobody has them make one after the other. */
  asked: boolean;
}

/**
 * Hands out the GroupInfos by which devices enter conversations from outside. One that is not there is asked of
 * members: at once where one is connected, else as soon as one is.
 */
export class GroupInfoDesk {
  readonly #store: MailboxStore;
  readonly #sessions: SessionTable;
  /** By conversation. */
  readonly #searches = new Map<string, Search>();

  /** Opens a desk. */
  constructor({ store, sessions }: GroupInfoDeskOptions) {
    this.#store = store;
    this.#sessions = sessions;
  }

  /** Answers `group-info`. */
  async give(session: Session, mailbox: string): Promise<OperationResponse<"group-info">> {
    const found = await this.#store.groupInfo(session.device, mailbox);
    if (found !== undefined) return { groupInfo: found };
    const search = this.#search(mailbox);
    if (search === undefined) return {};
    const seeker = search.seekers.get(session) ?? { wakes: new Set(), inVain: false };
    search.seekers.set(session, seeker);
    if (await this.#ask(session, mailbox, search)) {
      await wait(seeker);
      search.asked = false;
      const groupInfo = await this.#store.groupInfo(session.device, mailbox);
      if (groupInfo !== undefined) return { groupInfo };
    }
    seeker.inVain = true;
    return {};
  }

  /** Answers `put-group-info`. */
  async take(
    session: Session,
    { mailbox, groupInfo }: OperationRequest<"put-group-info">,
  ): Promise<OperationResponse<"put-group-info">> {
    await this.#store.putGroupInfo(session.device, mailbox, groupInfo);
    const { seekers = new Map<Session, Seeker>() } = this.#searches.get(mailbox) ?? {};
    this.#searches.delete(mailbox);
    for (const [session, { wakes, inVain }] of seekers) {
      wakes.forEach((wake) => wake());
      if (inVain) session.push({ push: "group-info", mailbox, wanted: false });
    }
    return {};
  }

  /** Asks a device that is connected now for what others are waiting for. */
  async welcome(session: Session): Promise<void> {
    for (const [mailbox, { seekers }] of [...this.#searches]) {
      const members = (await this.#store.readers(mailbox))?.members;
      // Who seeks it itself cannot make it.
      if (!isCurrent(members?.get(session.name)) || seekers.has(session)) continue;
      session.push({ push: "group-info", mailbox, wanted: true });
    }
  }

  /** Forgets a connection that is over. */
  leave(session: Session): void {
    for (const [mailbox, { seekers }] of this.#searches) {
      seekers.get(session)?.wakes.forEach((wake) => wake());
      seekers.delete(session);
      if (seekers.size === 0) this.#searches.delete(mailbox);
    }
  }

  /** Undefined where there are as many as can be. */
  #search(mailbox: string): Search | undefined {
    const known = this.#searches.get(mailbox);
    if (known !== undefined || this.#searches.size >= MAX_WANTED) return known;
    const search = { seekers: new Map(), asked: false };
    this.#searches.set(mailbox, search);
    return search;
  }

  /** Says whether anybody was there to be asked. */
  async #ask(asking: Session, mailbox: string, search: Search): Promise<boolean> {
    if (search.asked) return true;
    search.asked = true;
    const members = (await this.#store.readers(mailbox))?.members ?? new Map();
    let asked = 0;
    for (const session of this.#sessions) {
      if (asked === MAX_ASKED) break;
      if (session.name === asking.name || !session.watching) continue;
      if (!isCurrent(members.get(session.name)) || search.seekers.has(session)) continue;
      if (session.push({ push: "group-info", mailbox, wanted: true })) asked++;
    }
    search.asked = asked > 0;
    return search.asked;
  }
}

async function wait({ wakes }: Seeker): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, WAIT_MS);
  wakes.add(resolve);
  await promise;
  wakes.delete(resolve);
  clearTimeout(timer);
}
