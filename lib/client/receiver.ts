import { encodeUtf8, equalBytes } from "../bytes/mod.ts";
import { digest } from "../crypto/mod.ts";
import { DecodeError, ParleyError, ProtocolError } from "../errors/mod.ts";
import { type GroupSnapshot, joinGroup, type MlsContext, processCommit, readWelcome } from "../mls/mod.ts";
import type { Clock } from "../pki/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import { type DeviceRef, type Entry, ENTRY_ID_BYTES, formatDeviceRef } from "../wire/mod.ts";
import {
  adoptPending,
  assertMembership,
  enterEpoch,
  isOut,
  isSameDevice,
  leaveGroup,
  toRoster,
  toSnapshot,
} from "./group_state.ts";
import { noteDuplicate, noteLoss } from "./duplicate_note.ts";
import { compareRosters, type GroupChange } from "./groups/group_change.ts";
import { type ChangeOrigin, noteGroupChanges } from "./groups/note_group_changes.ts";
import type { GroupNames } from "./groups/group_names.ts";
import { assertMayChange } from "./groups/roster.ts";
import { isWorthAsking } from "./delivery/is_worth_asking.ts";
import { MessageReceiver, type MessageReceiverOptions } from "./message_receiver.ts";
import { noteRevocation } from "./revocation_note.ts";
import { SenderCache } from "./sender_cache.ts";
import type { Trust } from "./trust.ts";

/** What a receiver has to know of certificates. */
export type ReceiverTrust = Pick<Trust, "checkCredentialAt" | "revokedAt">;

/** What a receiver works with. */
export interface ReceiverOptions extends MessageReceiverOptions {
  /** Checks certificates. */
  trust: ReceiverTrust;
  /** What groups are called. */
  names: Pick<GroupNames, "greet">;
}

/** How an attempt to work entries in ended: `gap` where entries before them are missing. */
export type WorkedIn = "done" | "gap";

/**
 * Works the entries of mailboxes into the store. Each call is one transaction: what an entry says, the keys
 * that it used up and the cursor change together or not at all. An entry that cannot be worked in leaves an
 * explanation in the history; it never stops the mailbox.
 */
export class Receiver {
  readonly #store: ClientStore;
  readonly #mls: MlsContext;
  readonly #trust: ReceiverTrust;
  readonly #self: DeviceRef;
  readonly #clock: Clock;
  readonly #names: Pick<GroupNames, "greet">;
  readonly #messages: MessageReceiver;

  /** Works into a store as one device. */
  constructor({ store, mls, trust, self, controls, clock, names }: ReceiverOptions) {
    this.#store = store;
    this.#mls = mls;
    this.#trust = trust;
    this.#self = self;
    this.#clock = clock;
    this.#names = names;
    this.#messages = new MessageReceiver({ store, mls, trust, self, controls, clock });
  }

  /**
   * Works entries in that follow the mailbox's cursor; those before it are skipped.
   *
   * @param floor The first entry that the relay still has: a gap before it cannot be filled
   */
  workIn(mailbox: string, entries: Entry[], floor?: number): Promise<WorkedIn> {
    return this.#store.transaction(async () => {
      const { mailboxes } = this.#store;
      const start = mailboxes.get(mailbox).cursor;
      let cursor = start;
      const senders = new SenderCache(this.#store, mailbox);
      for (const entry of entries) {
        if (entry.seq <= cursor) continue;
        if (entry.seq !== cursor + 1 && entry.seq !== floor && !this.#mayMiss(mailbox, floor)) break;
        // What others say after this device is out of it is none of its business.
        if (this.#isClosed(mailbox)) break;
        await this.#workInOne(mailbox, entry, senders);
        cursor = entry.seq;
      }
      if (cursor !== start) mailboxes.advance(mailbox, cursor);
      return this.#isClosed(mailbox) || entries.every(({ seq }) => seq <= cursor) ? "done" : "gap";
    });
  }

  async #workInOne(mailbox: string, entry: Entry, senders: SenderCache): Promise<void> {
    const { mailboxes, pendingCommits } = this.#store;
    try {
      if (entry.kind === "message" || entry.kind === "expired") {
        return await this.#messages.workIn(mailbox, entry, senders);
      }
      senders.clear();
      if (entry.kind === "welcome") return await this.#welcome(entry);
      return await this.#commit(mailbox, entry);
    } catch (error) {
      if (!isPeersFault(error)) throw error;
      this.#explain(mailbox, entry, error);
      if (entry.kind === "welcome") return this.#loseIfNoKeys(entry);
      if (entry.kind !== "commit") return;
      mailboxes.setState(mailbox, refusals.includes(error.code) ? "refused" : "broken");
      pendingCommits.delete(mailbox);
    }
  }

  /**
   * Whether a page that was asked for may have holes: what came after a device was removed, and before it was added
   * again, is deleted without it. Where it has no keys in force it could not read that anyway.
   */
  #mayMiss(mailbox: string, floor: number | undefined): boolean {
    const { groups, mailboxes } = this.#store;
    const hasKeys = mailboxes.get(mailbox).state === "active" && groups.epochNumber(mailbox) !== undefined;
    return floor !== undefined && !hasKeys;
  }

  /** Whether this device is out of a conversation and not about to enter it again. */
  #isClosed(mailbox: string): boolean {
    const { mailboxes, pendingCommits } = this.#store;
    return isOut(mailboxes.get(mailbox).state) && pendingCommits.get(mailbox) === undefined;
  }

  async #commit(mailbox: string, entry: Entry): Promise<void> {
    const { groups, pendingCommits, mailboxes } = this.#store;
    const pending = pendingCommits.get(mailbox);
    if (pending !== undefined && equalBytes(pending.id, entry.id)) {
      const now = this.#clock().getTime();
      return adoptPending(this.#store, mailbox, { seq: entry.seq, self: this.#self, now });
    }
    const current = groups.group(mailbox);
    if (current === undefined || mailboxes.get(mailbox).state !== "active") return;
    const before = toSnapshot(current);
    const { author, external, groupData, next } = await processCommit(this.#mlsAt(entry), before, entry.body);
    const roster = toRoster(mailbox, groupData);
    assertMayChange(toRoster(mailbox, before.epoch.groupData), roster, author.user);
    pendingCommits.delete(mailbox);
    for (const member of current.members) {
      noteRevocation(this.#store, this.#trust, mailbox, member, this.#self);
    }
    const origin = { seq: entry.seq, time: entry.time, author, self: this.#self };
    if (next === undefined) {
      const changes = compareRosters(toRoster(mailbox, before.epoch.groupData), roster, this.#self.user);
      return external
        ? noteDuplicate(this.#store, mailbox, this.#self, entry.time)
        : this.#leave(mailbox, changes, origin);
    }
    assertMembership(mailbox, next, this.#self);
    enterEpoch(this.#store, next, origin);
    if (roster.leaving.includes(this.#self.user)) return;
    if (external || hasNewcomers(before, next)) this.#names.greet(mailbox, author, roster);
  }

  #leave(mailbox: string, changes: GroupChange[], origin: ChangeOrigin): void {
    noteGroupChanges(this.#store, mailbox, changes, origin);
    leaveGroup(this.#store, mailbox);
  }

  async #welcome(entry: Entry): Promise<void> {
    const { groups, keyPackages, mailboxes, pendingCommits } = this.#store;
    const { mailbox, seq } = entry.conversation ?? {};
    if (mailbox === undefined || seq === undefined) {
      throw new DecodeError("message-malformed", "the welcome names no conversation");
    }
    const known = mailboxes.get(mailbox);
    const isNew = groups.epochNumber(mailbox) === undefined;
    if (known.state === "active" && known.cursor >= seq) return;
    const references = await readWelcome(entry.body);
    const own = references.map((one) => keyPackages.get(one)).find((one) => one !== undefined);
    if (own === undefined) {
      throw new ProtocolError("key-package-unknown", "the welcome is for no key of ours");
    }
    const joined = await joinGroup(this.#mlsAt(entry), entry.body, own.message, own.privateKeys);
    assertMembership(mailbox, joined, this.#self);
    if (own.lastResort) this.#assertFirst(joined);
    const origin = { seq, time: entry.time, author: entry.from, self: this.#self };
    enterEpoch(this.#store, joined, origin);
    // One's own devices come in by themselves.
    if (entry.from.user !== this.#self.user && isNew) {
      const added: GroupChange = { change: "added", users: [this.#self.user], you: true };
      noteGroupChanges(this.#store, mailbox, [added], origin);
    }
    // The keys of a last-resort package may be in use elsewhere.
    groups.setRefreshed(mailbox, own.lastResort ? 0 : entry.time);
    mailboxes.advance(mailbox, seq);
    pendingCommits.delete(mailbox);
    if (!own.lastResort) keyPackages.delete(own.reference);
  }

  /**
   * The key of a last-resort package opens its welcomes for ever. Given one again, the device would be back in an epoch
   * that is over, with members who are not there any more, and use its message keys a second time.
   */
  #assertFirst({ epoch }: GroupSnapshot): void {
    const { facts } = this.#store;
    const name = `welcome:${digest("SHA-256", epoch.encode()).toHex()}` as const;
    if (facts.get(name) !== undefined) {
      throw new ProtocolError("welcome-repeated", "the relay gave a welcome of before once more");
    }
    facts.set(name, String(epoch.number));
  }

  /** A welcome that cannot be used has made this device a member all the same. */
  #loseIfNoKeys({ conversation, time }: Entry): void {
    if (conversation === undefined) return;
    const { mailbox } = conversation;
    if (this.#store.groups.epochNumber(mailbox) !== undefined) return;
    noteLoss(this.#store, mailbox, this.#self, time);
  }

  /** Credentials are judged as of when the relay took the entry: nobody can go on who refuses what others took. */
  #mlsAt({ time }: Entry): MlsContext {
    const at = new Date(time);
    return {
      ...this.#mls,
      checkCredential: (certificates) => this.#trust.checkCredentialAt(certificates, at),
    };
  }

  #explain(mailbox: string, entry: Entry, error: ParleyError): void {
    const { messages } = this.#store;
    const conversation = entry.conversation?.mailbox ?? mailbox;
    const id = error.code === "entry-id-repeated" ? explanationId(entry) : entry.id;
    if (messages.has(conversation, id)) return;
    messages.add({
      id,
      mailbox: conversation,
      seq: entry.seq,
      user: entry.from.user,
      device: entry.from.device,
      time: entry.time,
      kind: "undecryptable",
      outgoing: false,
      content: encodeUtf8(`${error.message} (${error.code})`),
    });
    if (entry.kind === "message" && isWorthAsking(error)) this.#store.resends.want(mailbox, entry.id);
  }
}

/** An id for the line about an entry whose own is taken. */
function explanationId({ id, seq, from }: Entry): Uint8Array<ArrayBuffer> {
  const text = `repeated ${id.toHex()} ${seq} ${formatDeviceRef(from)}`;
  return digest("SHA-256", encodeUtf8(text)).slice(0, ENTRY_ID_BYTES);
}

/** Commits with these errors were made by a member who knew what they did; nothing but people can help. */
const refusals = ["roster-forbidden", "roster-invalid", "group-foreign"];

function hasNewcomers(before: GroupSnapshot, after: GroupSnapshot): boolean {
  return after.members.some((one) => !before.members.some((known) => isSameDevice(known, one)));
}

function isPeersFault(error: unknown): error is ParleyError {
  return error instanceof ParleyError && ["decode", "protocol", "authentication"].includes(error.kind);
}
