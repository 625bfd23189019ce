import { encodeUtf8, equalBytes } from "../bytes/mod.ts";
import { DecodeError, ParleyError, ProtocolError } from "../errors/mod.ts";
import {
  decodePendingState,
  GroupEpoch,
  type GroupSnapshot,
  joinGroup,
  type MlsContext,
  processCommit,
  readWelcome,
} from "../mls/mod.ts";
import type { ClientStore, GroupRows } from "../store/mod.ts";
import { type DeviceRef, directUsers, type Entry } from "../wire/mod.ts";
import { MessageReceiver } from "./message_receiver.ts";
import { noteRevocation } from "./revocation_note.ts";
import { SenderCache } from "./sender_cache.ts";
import type { Trust } from "./trust.ts";

/** What a receiver has to know of certificates. */
export type ReceiverTrust = Pick<Trust, "checkCredentialAt" | "revokedAt">;

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
  readonly #messages: MessageReceiver;

  /** Works into a store as one device. */
  constructor(store: ClientStore, mls: MlsContext, trust: ReceiverTrust, self: DeviceRef) {
    this.#store = store;
    this.#mls = mls;
    this.#trust = trust;
    this.#self = self;
    this.#messages = new MessageReceiver(store, mls, trust);
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
        if (entry.seq !== cursor + 1 && entry.seq !== floor) break;
        await this.#workInOne(mailbox, entry, senders);
        cursor = entry.seq;
      }
      if (cursor !== start) mailboxes.advance(mailbox, cursor);
      return entries.every(({ seq }) => seq <= cursor) ? "done" : "gap";
    });
  }

  async #workInOne(mailbox: string, entry: Entry, senders: SenderCache): Promise<void> {
    try {
      if (entry.kind === "message") return await this.#messages.workIn(mailbox, entry, senders);
      senders.clear();
      if (entry.kind === "welcome") return await this.#welcome(entry);
      return await this.#commit(mailbox, entry);
    } catch (error) {
      if (!isPeersFault(error)) throw error;
      this.#explain(mailbox, entry, error);
      if (entry.kind === "commit") this.#store.mailboxes.setState(mailbox, "broken");
    }
  }

  async #commit(mailbox: string, entry: Entry): Promise<void> {
    const { groups, pendingCommits, mailboxes, outbox } = this.#store;
    const pending = pendingCommits.get(mailbox);
    if (pending !== undefined && equalBytes(pending.id, entry.id)) return adoptPending(this.#store, mailbox);
    const current = groups.group(mailbox);
    if (current === undefined || mailboxes.get(mailbox).state !== "active") return;
    const { next } = await processCommit(this.#mlsAt(entry), toSnapshot(current), entry.body);
    pendingCommits.delete(mailbox);
    for (const member of current.members) {
      noteRevocation(this.#store, this.#trust, mailbox, member, this.#self);
    }
    if (next === undefined) {
      groups.remove(mailbox);
      mailboxes.setState(mailbox, "left");
      return;
    }
    checkMembership(mailbox, next, this.#self);
    groups.replace(mailbox, toRows(next));
    outbox.unsealOthers(mailbox, next.epoch.number);
  }

  async #welcome(entry: Entry): Promise<void> {
    const { groups, keyPackages, mailboxes, pendingCommits, outbox } = this.#store;
    const { mailbox, seq } = entry.conversation ?? {};
    if (mailbox === undefined || seq === undefined) {
      throw new DecodeError("message-malformed", "the welcome names no conversation");
    }
    const known = mailboxes.get(mailbox);
    if (known.state === "active" && known.cursor >= seq) return;
    const references = await readWelcome(entry.body);
    const own = references.map((one) => keyPackages.get(one)).find((one) => one !== undefined);
    if (own === undefined) {
      throw new ProtocolError("key-package-unknown", "the welcome is for no key of ours");
    }
    const joined = await joinGroup(this.#mlsAt(entry), entry.body, own.message, own.privateKeys);
    checkMembership(mailbox, joined, this.#self);
    groups.replace(mailbox, toRows(joined));
    mailboxes.advance(mailbox, seq);
    mailboxes.setState(mailbox, "active");
    pendingCommits.delete(mailbox);
    outbox.unsealOthers(mailbox, joined.epoch.number);
    if (!own.lastResort) keyPackages.delete(own.reference);
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
    if (messages.has(mailbox, entry.id)) return;
    messages.add({
      id: entry.id,
      mailbox: entry.conversation?.mailbox ?? mailbox,
      seq: entry.seq,
      user: entry.from.user,
      device: entry.from.device,
      time: entry.time,
      kind: "undecryptable",
      outgoing: false,
      content: encodeUtf8(`${error.message} (${error.code})`),
    });
  }
}

/** Adopts the state after a commit of this device's that the relay has accepted; inside a transaction. */
export function adoptPending(store: ClientStore, mailbox: string): void {
  const pending = store.pendingCommits.get(mailbox);
  if (pending === undefined) return;
  const next = decodePendingState(pending.state);
  store.groups.replace(mailbox, toRows(next));
  store.mailboxes.setState(mailbox, "active");
  store.pendingCommits.delete(mailbox);
  store.outbox.unsealOthers(mailbox, next.epoch.number);
}

/** Puts stored rows together for a handshake. */
export function toSnapshot(rows: GroupRows): GroupSnapshot {
  return { ...rows, epoch: GroupEpoch.decode(rows.epoch) };
}

function toRows(snapshot: GroupSnapshot): GroupRows {
  return { ...snapshot, number: snapshot.epoch.number, epoch: snapshot.epoch.encode() };
}

/** A group must be the one that its mailbox names, hold this device, and hold nobody who has no place in it. */
function checkMembership(mailbox: string, { epoch, members }: GroupSnapshot, self: DeviceRef): void {
  if (epoch.groupId !== mailbox) throw new ProtocolError("group-foreign", "the welcome is for another group");
  const users = directUsers(mailbox);
  const foreign = users && members.find(({ user }) => !users.includes(user));
  if (foreign !== undefined) {
    throw new ProtocolError("group-foreign", `${foreign.user} has no place in a conversation of two`);
  }
  if (
    !members.some(({ leaf, user, device }) => leaf === epoch.ownLeaf && sameDevice({ user, device }, self))
  ) {
    throw new ProtocolError("group-foreign", "the group does not hold this device");
  }
}

function sameDevice(a: DeviceRef, b: DeviceRef): boolean {
  return a.user === b.user && a.device === b.device;
}

function isPeersFault(error: unknown): error is ParleyError {
  return error instanceof ParleyError && ["decode", "protocol", "authentication"].includes(error.kind);
}
