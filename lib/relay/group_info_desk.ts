import { isCurrent, type MailboxStore } from "../store/mod.ts";
import { formatDeviceRef, type OperationRequest, type OperationResponse } from "../wire/mod.ts";
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

/** Somebody who needs a GroupInfo that is not there. */
interface Seeker {
  session: Session;
  /** Ends the wait of its request. */
  wake?: () => void;
}

/**
 * Hands out the GroupInfos by which devices enter conversations from outside. One that is not there is asked of
 * members: at once where one is connected, else as soon as one is.
 */
export class GroupInfoDesk {
  readonly #store: MailboxStore;
  readonly #sessions: SessionTable;
  /** Who needs one, by conversation. */
  readonly #seekers = new Map<string, Set<Seeker>>();

  /** Opens a desk. */
  constructor({ store, sessions }: GroupInfoDeskOptions) {
    this.#store = store;
    this.#sessions = sessions;
  }

  /** Answers `group-info`. */
  async give(session: Session, mailbox: string): Promise<OperationResponse<"group-info">> {
    const found = await this.#store.groupInfo(session.device, mailbox);
    if (found !== undefined) return { groupInfo: found };
    const seeker: Seeker = { session };
    this.#add(mailbox, seeker);
    if (!await this.#ask(session, mailbox)) return {};
    await this.#wait(seeker);
    const groupInfo = await this.#store.groupInfo(session.device, mailbox);
    return groupInfo === undefined ? {} : { groupInfo };
  }

  /** Answers `put-group-info`. */
  async take(
    session: Session,
    { mailbox, groupInfo }: OperationRequest<"put-group-info">,
  ): Promise<OperationResponse<"put-group-info">> {
    await this.#store.putGroupInfo(session.device, mailbox, groupInfo);
    const seekers = this.#seekers.get(mailbox) ?? [];
    this.#seekers.delete(mailbox);
    for (const { session, wake } of seekers) {
      if (wake !== undefined) wake();
      else session.push({ push: "group-info", mailbox, wanted: false });
    }
    return {};
  }

  /** Asks a device that is connected now for what others are waiting for. */
  async welcome(session: Session): Promise<void> {
    for (const mailbox of [...this.#seekers.keys()]) {
      const members = (await this.#store.readers(mailbox))?.members;
      if (!isCurrent(members?.get(session.name)) || this.#seeks(session, mailbox)) continue;
      session.push({ push: "group-info", mailbox, wanted: true });
    }
  }

  /** Forgets a connection that is over. */
  leave(session: Session): void {
    for (const [mailbox, seekers] of this.#seekers) {
      for (const seeker of seekers) {
        if (seeker.session !== session) continue;
        seeker.wake?.();
        seekers.delete(seeker);
      }
      if (seekers.size === 0) this.#seekers.delete(mailbox);
    }
  }

  #add(mailbox: string, seeker: Seeker): void {
    const seekers = this.#seekers.get(mailbox);
    if (seekers !== undefined) seekers.add(seeker);
    else if (this.#seekers.size < MAX_WANTED) this.#seekers.set(mailbox, new Set([seeker]));
  }

  /** Says whether anybody was there to be asked. */
  async #ask(asking: Session, mailbox: string): Promise<boolean> {
    const members = (await this.#store.readers(mailbox))?.members ?? new Map();
    let asked = 0;
    for (const session of this.#sessions) {
      if (asked === MAX_ASKED) break;
      if (session.name === formatDeviceRef(asking.device) || !session.watching) continue;
      if (!isCurrent(members.get(session.name)) || this.#seeks(session, mailbox)) continue;
      if (session.push({ push: "group-info", mailbox, wanted: true })) asked++;
    }
    return asked > 0;
  }

  /** Who seeks it itself cannot make it. */
  #seeks(session: Session, mailbox: string): boolean {
    for (const seeker of this.#seekers.get(mailbox) ?? []) if (seeker.session === session) return true;
    return false;
  }

  async #wait(seeker: Seeker): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, WAIT_MS);
    seeker.wake = resolve;
    await promise;
    delete seeker.wake;
    clearTimeout(timer);
  }
}
