import { decodeHex } from "../../bytes/mod.ts";
import { ParleyError } from "../../errors/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import type { ClientCore } from "../client_core.ts";
import type { SentMessage } from "../client_types.ts";
import type { Sender } from "../sender.ts";

/** Whoever sent something is told with these that it was not taken, and sends again. */
const REFUSALS = ["unknown-user", "not-a-member", "verification-changed"];

/** Takes what is in the outbox to the relay's disk, conversation by conversation. */
export class OutboxDelivery {
  readonly #core: ClientCore;
  readonly #sender: Sender;

  /** Delivers for one device. */
  constructor(core: ClientCore, sender: Sender) {
    this.#core = core;
    this.#sender = sender;
  }

  /**
   * Brings a conversation in order and delivers what waits in it; within {@link ClientCore.serially} only.
   *
   * @throws {ProtocolError} `unknown-user` and what else keeps a conversation from being ready
   */
  async deliverNow(mailbox: string, connection: ClientConnection): Promise<void> {
    const { conversations, synchronizer, changed } = this.#core;
    const relaying = { connection, catchUp: () => synchronizer.catchUp(connection) };
    const [listed] = await Promise.all([conversations.list(mailbox, connection), relaying.catchUp()]);
    await conversations.ready(mailbox, relaying, { listed, sending: true });
    await this.#sender.flush(mailbox, connection, relaying.catchUp);
    changed();
  }

  /**
   * Delivers what waits in a conversation when its turn has come.
   *
   * @throws {NetworkError} `not-connected`
   * @throws whatever {@link OutboxDelivery.deliverNow} throws
   */
  deliver(mailbox: string): Promise<void> {
    const { serially, link } = this.#core;
    return serially(() => this.deliverNow(mailbox, link.require()));
  }

  /** Delivers what waits in every conversation; `onTrouble` hears what keeps one of them waiting. */
  async deliverAll(onTrouble: (error: ParleyError) => void): Promise<void> {
    for (const mailbox of this.#core.store.outbox.mailboxes()) {
      try {
        await this.deliver(mailbox);
      } catch (error) {
        if (!(error instanceof ParleyError) || !keepsOneWaiting(error)) throw error;
        onTrouble(error);
      }
    }
  }

  /**
   * Delivers what was just taken with the rest of its conversation, and takes back what is refused.
   *
   * @throws whatever {@link OutboxDelivery.deliver} throws
   */
  async deliverSent(sent: SentMessage): Promise<void> {
    try {
      await this.deliver(sent.conversation);
    } catch (error) {
      if (error instanceof ParleyError && REFUSALS.includes(error.code)) await this.#withdraw(sent);
      throw error;
    }
  }

  #withdraw({ id, conversation }: SentMessage): Promise<void> {
    const { store } = this.#core, bytes = decodeHex(id);
    return store.transaction(() => {
      if (!store.outbox.withdraw(bytes)) return;
      store.files.withdraw(conversation, bytes);
      store.messages.delete(conversation, bytes);
    });
  }
}

/** Whether an error concerns one conversation only. */
function keepsOneWaiting({ kind, code }: ParleyError): boolean {
  return kind === "protocol" || code === "verification-changed" || code === "device-duplicated";
}
