import { encodeUtf8, equalBytes } from "../bytes/mod.ts";
import { AuthenticationError, ProtocolError } from "../errors/mod.ts";
import { type MlsContext, openMessage } from "../mls/mod.ts";
import type { Clock } from "../pki/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import { type DeviceRef, type Entry, formatDeviceRef } from "../wire/mod.ts";
import { decodeContent } from "./content/mod.ts";
import type { Controls } from "./controls.ts";
import { audienceOf } from "./delivery/audience.ts";
import { noteStatuses } from "./delivery/note_statuses.ts";
import { addMessage } from "./history/add_message.ts";
import type { SenderCache, SenderRow } from "./sender_cache.ts";
import { CRL_RESOLUTION_MS, type Trust } from "./trust.ts";

/** What a receiver of messages works with. */
export interface MessageReceiverOptions {
  /** Where to. */
  store: ClientStore;
  /** This device's place in MLS. */
  mls: MlsContext;
  /** Knows what was revoked. */
  trust: Pick<Trust, "revokedAt">;
  /** Which device this is. */
  self: DeviceRef;
  /** Takes what clients tell each other. */
  controls: Pick<Controls, "take">;
  /** The time. */
  clock: Clock;
}

/** Works the application messages of conversations into the store. */
export class MessageReceiver {
  readonly #options: MessageReceiverOptions;

  /** Works into a store. */
  constructor(options: MessageReceiverOptions) {
    this.#options = options;
  }

  /**
   * Opens a message and adds it to the history, or does what it is for; inside a transaction.
   *
   * @throws {ProtocolError} `not-a-member`, `conversation-broken` and what `openMessage` throws
   * @throws {DecodeError} for content that is malformed
   */
  async workIn(mailbox: string, entry: Entry, senders: SenderCache): Promise<void> {
    const { messages, mailboxes } = this.#options.store;
    if (messages.has(mailbox, entry.id)) {
      this.#assertSameSender(mailbox, entry);
      return this.#comeBack(mailbox, entry);
    }
    if (entry.kind === "expired") return this.#expired(mailbox, entry);
    if (mailboxes.get(mailbox).state === "broken") {
      throw new ProtocolError(
        "conversation-broken",
        "an earlier change of the conversation could not be applied",
      );
    }
    const { sender, plaintext } = await this.#open(mailbox, entry, senders);
    await this.#take(mailbox, entry, sender, plaintext);
  }

  /** Ids are each sender's own. Who takes another's would have a message that some are shown and others not. */
  #assertSameSender(mailbox: string, { id, from }: Entry): void {
    const line = this.#options.store.messages.get(mailbox, id);
    if (line === undefined || formatDeviceRef(line) === formatDeviceRef(from)) return;
    throw new ProtocolError("entry-id-repeated", "the message has the id of another one, by another sender");
  }

  async #open(
    mailbox: string,
    entry: Entry,
    senders: SenderCache,
  ): Promise<{ sender: SenderRow; plaintext: Uint8Array }> {
    const { store, mls, trust } = this.#options;
    const epoch = senders.epoch();
    if (epoch === undefined) {
      throw new ProtocolError("not-a-member", "this device is not in the conversation");
    }
    const opened = await openMessage(mls, epoch, (leaf) => senders.member(leaf), entry.body);
    if (!equalBytes(opened.authenticatedData, entry.id)) {
      throw new AuthenticationError("entry-id-wrong", "the relay gave the message another id");
    }
    const sender = senders.member(opened.leaf)!;
    const revokedAt = trust.revokedAt(sender.serial);
    if (revokedAt !== undefined && revokedAt.getTime() + CRL_RESOLUTION_MS <= entry.time) {
      throw new AuthenticationError("sender-revoked", "the sender's certificate had been revoked");
    }
    store.groups.setRatchet(mailbox, opened.leaf, opened.ratchet);
    sender.ratchet = opened.ratchet;
    return { sender, plaintext: opened.plaintext };
  }

  async #take(
    mailbox: string,
    { id, seq, time }: Entry,
    { user, device }: SenderRow,
    content: Uint8Array,
  ): Promise<void> {
    const { store, self, controls, clock } = this.#options;
    const decoded = decodeContent(content);
    const from = { user, device };
    if (decoded.kind === "status") {
      return noteStatuses(store, self, { mailbox, from, time, statuses: decoded.statuses });
    }
    if (decoded.kind === "control") {
      return await controls.take(decoded.type, { mailbox, seq, time, from, body: decoded.body });
    }
    const outgoing = user === self.user;
    const audience = audienceOf(store, mailbox, user);
    const wantsReceipt = !outgoing && audience !== undefined;
    const line = { id, mailbox, seq, user, device, time, outgoing, shown: false, content, decoded };
    addMessage(store, { ...line, audience, wantsReceipt }, clock().getTime());
  }

  /** A message of this device's has come back: the relay has it, whether or not its answer arrived. */
  #comeBack(mailbox: string, { id, seq, time }: Entry): void {
    const { messages, outbox } = this.#options.store;
    if (outbox.has(id)) {
      messages.setRelayed(mailbox, id, { seq, time });
      outbox.delete(id);
    }
    messages.deleteControl(mailbox, id);
  }

  #expired(mailbox: string, { id, seq, time, from: { user, device } }: Entry): void {
    const outgoing = user === this.#options.self.user;
    const line = { id, mailbox, seq, user, device, time, outgoing, shown: outgoing, content: encodeUtf8("") };
    this.#options.store.messages.add({ ...line, kind: "expired" });
  }
}
