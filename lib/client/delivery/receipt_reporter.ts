import { ParleyError } from "../../errors/mod.ts";
import { type OwedReceipt, receiptStates } from "../../store/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import type { ClientCore } from "../client_core.ts";
import { encodeStatusReport, maxStatuses, type MessageStatus } from "../content/mod.ts";
import { isPassing } from "../is_passing.ts";
import type { Sender } from "../sender.ts";

/** What this device tells others of their messages. */
export type ReceiptPolicy = "none" | "delivered" | "read";

/** Tells the authors of messages what became of them here: one report per conversation for many messages. */
export class ReceiptReporter {
  readonly #core: ClientCore;
  readonly #sender: Sender;
  readonly #policy: ReceiptPolicy;

  /** Reports for one device. */
  constructor(core: ClientCore, sender: Sender, policy: ReceiptPolicy) {
    this.#core = core;
    this.#sender = sender;
    this.#policy = policy;
  }

  /**
   * Sends what is owed, and whatever else clients tell each other waits in the outbox. Nobody waits for it here: what
   * cannot be sent now goes with the next one, and what the relay refuses is only warned of.
   */
  async report(connection: ClientConnection): Promise<void> {
    const { receipts, outbox } = this.#core.store;
    for (const mailbox of new Set([...receipts.owingMailboxes(), ...outbox.mailboxes()])) {
      try {
        await this.#core.serially(() => this.#reportIn(mailbox, connection));
      } catch (error) {
        if (!(error instanceof ParleyError) || error.kind === "internal") throw error;
        if (isPassing(error)) return;
        this.#core.warn(error);
      }
    }
  }

  async #reportIn(mailbox: string, connection: ClientConnection): Promise<void> {
    const { store, synchronizer, deliverNow } = this.#core;
    const isMember = store.groups.epochNumber(mailbox) !== undefined;
    if (!isMember || store.mailboxes.get(mailbox).state !== "active") return;
    // What waits there may be of people, and then everybody has to be in the group; for reports alone not.
    const waits = store.outbox.mailboxes().includes(mailbox);
    let more = await this.#enqueue(mailbox);
    if (waits) await deliverNow(mailbox, connection);
    for (; more; more = await this.#enqueue(mailbox)) {
      await this.#sender.flush(mailbox, connection, () => synchronizer.catchUp(connection));
    }
  }

  /** Puts one report into the outbox; false where nothing is to be said any more. */
  #enqueue(mailbox: string): Promise<boolean> {
    const { store, controls, random } = this.#core;
    return store.transaction(() => {
      const owed = store.receipts.owed(mailbox, maxStatuses);
      const statuses = owed.flatMap((one) => this.#statusOf(one));
      for (const { position } of owed) store.receipts.settle(position);
      if (statuses.length > 0) controls.enqueueContent(mailbox, encodeStatusReport(statuses, random));
      return statuses.length > 0;
    });
  }

  #statusOf({ messageId, state }: OwedReceipt): MessageStatus[] {
    if (this.#policy === "none") return [];
    if (this.#policy === "read" && state !== receiptStates.deliveredDue) {
      return [{ messageId, status: "read" }];
    }
    return state === receiptStates.readDueToo ? [] : [{ messageId, status: "delivered" }];
  }
}
