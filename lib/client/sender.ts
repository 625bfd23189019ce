import { InternalError, ParleyError } from "../errors/mod.ts";
import { GroupEpoch, type MlsContext, sealMessage } from "../mls/mod.ts";
import type { ClientStore, SealedRow } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";

/** Messages of one conversation that are under way at once. */
const WINDOW = 64;
/** A conversation whose members commit without end would otherwise keep a message for ever. */
const MAX_STALE_ROUNDS = 50;

/** What the relay said of a message. */
interface Relayed {
  id: Uint8Array;
  place: { seq: number; time: number };
}

/**
 * Takes messages from the outbox to the relay. A message is sealed, its ciphertext and the ratchet after it
 * stored, in one transaction; then it may be sent any number of times, by any process of this identity, for
 * the relay knows its id. So no key is used twice and nothing is lost, whenever a process dies. All that is
 * sealed is sent in the order of its keys, whichever process sealed it.
 */
export class Sender {
  readonly #store: ClientStore;
  readonly #mls: MlsContext;

  /** Sends from a store. */
  constructor(store: ClientStore, mls: MlsContext) {
    this.#store = store;
    this.#mls = mls;
  }

  /**
   * Sends everything of one conversation that is in the outbox. This device must be a member.
   *
   * @param catchUp Works in what the relay has and this device has not
   * @throws what the relay refuses a message with; the message stays in the outbox
   */
  async flush(mailbox: string, connection: ClientConnection, catchUp: () => Promise<void>): Promise<void> {
    for (let staleRounds = 0; staleRounds < MAX_STALE_ROUNDS;) {
      const rows = await this.#seal(mailbox);
      if (rows.length === 0) return;
      const results = await Promise.allSettled(rows.map((row) => append(connection, mailbox, row)));
      await this.#settle(mailbox, results.flatMap((one) => one.status === "fulfilled" ? [one.value] : []));
      const failure = results.find((one) => one.status === "rejected")?.reason;
      if (failure === undefined) continue;
      if (!(failure instanceof ParleyError) || failure.code !== "epoch-stale") throw failure;
      staleRounds++;
      await catchUp();
    }
    throw new InternalError("the conversation's epoch changed again and again while sending");
  }

  /** Seals what is not sealed yet, up to the window, and returns what may be sent. */
  #seal(mailbox: string): Promise<SealedRow[]> {
    const { groups, outbox } = this.#store;
    return this.#store.transaction(async () => {
      const bytes = groups.epoch(mailbox);
      if (bytes === undefined) throw new InternalError("sending to a conversation without a group");
      const epoch = GroupEpoch.decode(bytes);
      outbox.unsealOthers(mailbox, epoch.number);
      const room = WINDOW - outbox.sealed(mailbox, WINDOW).length;
      const rows = outbox.unsealed(mailbox, room);
      if (rows.length > 0) {
        let ratchet = groups.member(mailbox, epoch.ownLeaf)!.ratchet;
        for (const { id, content } of rows) {
          const sealed = await sealMessage(this.#mls, epoch, ratchet, content, id);
          ratchet = sealed.ratchet;
          outbox.setSealed(id, epoch.number, sealed.message);
        }
        groups.setRatchet(mailbox, epoch.ownLeaf, ratchet);
      }
      return outbox.sealed(mailbox, WINDOW);
    });
  }

  /** Notes what the relay has. The cursor moves along where nobody else's entry lies between. */
  #settle(mailbox: string, relayed: Relayed[]): Promise<void> {
    const { mailboxes, messages, outbox } = this.#store;
    return this.#store.transaction(() => {
      let { cursor } = mailboxes.get(mailbox);
      for (const { id, place } of relayed.sort((a, b) => a.place.seq - b.place.seq)) {
        messages.setRelayed(mailbox, id, place);
        outbox.delete(id);
        if (place.seq === cursor + 1) cursor = place.seq;
      }
      mailboxes.advance(mailbox, cursor);
    });
  }
}

async function append(connection: ClientConnection, mailbox: string, row: SealedRow): Promise<Relayed> {
  return { id: row.id, place: await connection.request("append", { mailbox, ...row }) };
}
