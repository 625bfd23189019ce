import { ParleyError } from "../errors/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import type { DeviceRef } from "../wire/mod.ts";
import type { Conversations } from "./conversations.ts";
import type { Identity } from "./identity.ts";
import { serialOf } from "./renewal.ts";
import { noteRevocation } from "./revocation_note.ts";

/**
 * Keeps conversations in order without waiting for something to be sent: removes members whose certificate was
 * revoked, and brings this device's own leaf to its renewed certificate.
 */
export class Upkeep {
  readonly #store: ClientStore;
  readonly #conversations: Conversations;
  readonly #identity: Identity;
  readonly #self: DeviceRef;

  /** Keeps the conversations of one device. */
  constructor(store: ClientStore, conversations: Conversations, identity: Identity, self: DeviceRef) {
    this.#store = store;
    this.#conversations = conversations;
    this.#identity = identity;
    this.#self = self;
  }

  /**
   * Does what is due. What the relay has must be worked in before. Cheap where there is nothing to do: all
   * conversations are looked through once for each CRL.
   *
   * @param catchUp Works in what the relay has and this device has not
   * @returns what keeps conversations from being in order, one error each; they are tried again the next time
   */
  async run(connection: ClientConnection, catchUp: () => Promise<void>): Promise<ParleyError[]> {
    const { facts, groups, mailboxes } = this.#store;
    const crl = String(this.#identity.trust.crlNumber ?? 0);
    const looked = facts.get("crl") === crl;
    const mailboxesDue = new Set(groups.conversationsWithOtherSerial(this.#self, serialOf(this.#identity)));
    if (!looked) { for (const mailbox of await this.#noteRevocations()) mailboxesDue.add(mailbox); }
    const troubles: ParleyError[] = [];
    for (const mailbox of mailboxesDue) {
      if (mailboxes.get(mailbox).state !== "active") continue;
      try {
        await this.#conversations.ready(mailbox, [], connection, catchUp);
      } catch (error) {
        if (!(error instanceof ParleyError) || !["protocol", "authentication"].includes(error.kind)) {
          throw error;
        }
        troubles.push(error);
      }
    }
    if (!looked && troubles.length === 0) await this.#store.transaction(() => facts.set("crl", crl));
    return troubles;
  }

  /** Leaves a note of each member that is revoked; returns the conversations that have such members. */
  #noteRevocations(): Promise<string[]> {
    const { groups } = this.#store;
    const { trust } = this.#identity;
    return this.#store.transaction(() =>
      groups.conversations().filter((mailbox) =>
        groups.members(mailbox).filter((one) => noteRevocation(this.#store, trust, mailbox, one, this.#self))
          .length > 0
      )
    );
  }
}
