import { equalBytes } from "../bytes/mod.ts";
import { AuthenticationError, ProtocolError } from "../errors/mod.ts";
import { type MlsContext, openMessage } from "../mls/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import type { Entry } from "../wire/mod.ts";
import type { SenderCache } from "./sender_cache.ts";
import type { Trust } from "./trust.ts";

/** Works the application messages of conversations into the store. */
export class MessageReceiver {
  readonly #store: ClientStore;
  readonly #mls: MlsContext;
  readonly #trust: Pick<Trust, "revokedAt">;

  /** Works into a store. */
  constructor(store: ClientStore, mls: MlsContext, trust: Pick<Trust, "revokedAt">) {
    this.#store = store;
    this.#mls = mls;
    this.#trust = trust;
  }

  /**
   * Opens a message and adds it to the history; inside a transaction.
   *
   * @throws {ProtocolError} `not-a-member`, `conversation-broken` and what `openMessage` throws
   */
  async workIn(mailbox: string, entry: Entry, senders: SenderCache): Promise<void> {
    const { groups, messages, outbox, mailboxes } = this.#store;
    if (messages.has(mailbox, entry.id)) {
      if (outbox.has(entry.id)) this.#relayed(mailbox, entry);
      return;
    }
    if (mailboxes.get(mailbox).state === "broken") {
      throw new ProtocolError(
        "conversation-broken",
        "an earlier change of the conversation could not be applied",
      );
    }
    const epoch = senders.epoch();
    if (epoch === undefined) {
      throw new ProtocolError("not-a-member", "this device is not in the conversation");
    }
    const opened = await openMessage(this.#mls, epoch, (leaf) => senders.member(leaf), entry.body);
    if (!equalBytes(opened.authenticatedData, entry.id)) {
      throw new AuthenticationError("entry-id-wrong", "the relay gave the message another id");
    }
    const sender = senders.member(opened.leaf)!;
    const revokedAt = this.#trust.revokedAt(sender.serial);
    if (revokedAt !== undefined && revokedAt.getTime() <= entry.time) {
      throw new AuthenticationError("sender-revoked", "the sender's certificate had been revoked");
    }
    groups.setRatchet(mailbox, opened.leaf, opened.ratchet);
    sender.ratchet = opened.ratchet;
    messages.add({
      id: entry.id,
      mailbox,
      seq: entry.seq,
      user: sender.user,
      device: sender.device,
      time: entry.time,
      kind: "message",
      outgoing: false,
      content: opened.plaintext,
    });
  }

  /** A message of this device's has come back: the relay has it, whether or not its answer arrived. */
  #relayed(mailbox: string, entry: Entry): void {
    this.#store.messages.setRelayed(mailbox, entry.id, entry);
    this.#store.outbox.delete(entry.id);
  }
}
