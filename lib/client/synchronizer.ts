import type { ClientStore } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import { deviceMailbox, type DeviceRef, limits, type Push } from "../wire/mod.ts";
import type { Receiver } from "./receiver.ts";

/** Brings the store level with the relay's mailboxes, by asking and by what the relay pushes. */
export class Synchronizer {
  readonly #store: ClientStore;
  readonly #receiver: Receiver;
  readonly #deviceMailbox: string;

  /** Synchronises one device's store. */
  constructor(store: ClientStore, receiver: Receiver, self: DeviceRef) {
    this.#store = store;
    this.#receiver = receiver;
    this.#deviceMailbox = deviceMailbox(self);
  }

  /**
   * Works in everything that the relay has and this device has not. The device's own mailbox comes first:
   * its welcomes open the conversations.
   */
  async catchUp(connection: ClientConnection): Promise<void> {
    const heads = await this.#heads(connection);
    await this.#readIfBehind(connection, this.#deviceMailbox, heads.get(this.#deviceMailbox) ?? 0);
    heads.delete(this.#deviceMailbox);
    for (const [mailbox, head] of heads) await this.#readIfBehind(connection, mailbox, head);
  }

  /** Works a push in; asks for what is missing before it. */
  async workIn(connection: ClientConnection, push: Push): Promise<void> {
    if (push.push === "lagged") return await this.catchUp(connection);
    if (push.push !== "entries") return;
    const outcome = await this.#receiver.workIn(push.mailbox, push.entries);
    if (outcome === "gap") await this.catchUp(connection);
  }

  /** Tells the relay what is safe here, so that it need not keep it for this device. */
  async acknowledge(connection: ClientConnection): Promise<void> {
    const due = this.#store.mailboxes.notAcked();
    if (due.length === 0) return;
    await Promise.all(due.map(({ mailbox, cursor: seq }) => connection.request("ack", { mailbox, seq })));
    await this.#store.transaction(() => {
      for (const { mailbox, cursor } of due) this.#store.mailboxes.setAcked(mailbox, cursor);
    });
  }

  async #heads(connection: ClientConnection): Promise<Map<string, number>> {
    const heads = new Map<string, number>();
    for (let after: string | undefined, more = true; more;) {
      const page = await connection.request("mailboxes", { after });
      for (const { mailbox, head } of page.mailboxes) heads.set(mailbox, head);
      after = page.mailboxes.at(-1)?.mailbox;
      more = page.more && after !== undefined;
    }
    return heads;
  }

  async #readIfBehind(connection: ClientConnection, mailbox: string, head: number): Promise<void> {
    for (let known = head;;) {
      const { cursor } = this.#store.mailboxes.get(mailbox);
      if (cursor >= known) return;
      const page = await connection.request("sync", { mailbox, after: cursor, limit: limits.maxSyncEntries });
      if (page.entries.length === 0) return;
      await this.#receiver.workIn(mailbox, page.entries, page.floor);
      if (this.#store.mailboxes.get(mailbox).cursor === cursor) return;
      known = page.head;
    }
  }
}
