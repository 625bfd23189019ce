import { digest } from "../crypto/mod.ts";
import { InternalError, ParleyError } from "../errors/mod.ts";
import { GroupEpoch, type MlsContext, sealMessage } from "../mls/mod.ts";
import type { Clock } from "../pki/mod.ts";
import type { ClientStore, SealedRow } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import type { DeviceRef } from "../wire/mod.ts";
import type { VerificationGuard } from "./people/verification_guard.ts";
import { audienceOf } from "./delivery/audience.ts";
import { readRatchet } from "./ratchets.ts";

/** Messages of one conversation that are under way at once. */
const WINDOW = 64;
/** A conversation whose members commit without end would otherwise keep a message for ever. */
const MAX_STALE_ROUNDS = 50;

/** What the relay said of a message. */
interface Relayed {
  id: Uint8Array;
  place: { seq: number; time: number; digest: Uint8Array };
}

/** What a sender works with. */
export interface SenderOptions {
  /** Where from. */
  store: ClientStore;
  /** This device's place in MLS. */
  mls: MlsContext;
  /** Which device this is. */
  self: DeviceRef;
  /** The time. */
  clock: Clock;
  /** Keeps messages from members that this user has not accepted. */
  guard: Pick<VerificationGuard, "check">;
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
  readonly #self: DeviceRef;
  readonly #clock: Clock;
  readonly #guard: Pick<VerificationGuard, "check">;

  /** Sends from a store. */
  constructor({ store, mls, self, clock, guard }: SenderOptions) {
    this.#store = store;
    this.#mls = mls;
    this.#self = self;
    this.#clock = clock;
    this.#guard = guard;
  }

  /**
   * Sends everything of one conversation that is in the outbox. This device must be a member.
   *
   * @param catchUp Works in what the relay has and this device has not
   * @throws {AuthenticationError} `verification-changed`
   * @throws what the relay refuses a message with; the message stays in the outbox
   */
  async flush(mailbox: string, connection: ClientConnection, catchUp: () => Promise<void>): Promise<void> {
    for (let staleRounds = 0; staleRounds < MAX_STALE_ROUNDS;) {
      const rows = await this.#seal(mailbox);
      if (rows.length === 0) return;
      const results = await Promise.allSettled(rows.map((row) => this.#append(connection, mailbox, row)));
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
    const { groups, outbox, messages } = this.#store;
    return this.#store.transaction(async () => {
      outbox.deleteExpired(this.#clock().getTime());
      const bytes = groups.epoch(mailbox);
      if (bytes === undefined) throw new InternalError("sending to a conversation without a group");
      const epoch = GroupEpoch.decode(bytes);
      outbox.unsealOthers(mailbox, epoch.number);
      const room = WINDOW - outbox.sealed(mailbox, WINDOW).length;
      const rows = outbox.unsealed(mailbox, room);
      if (rows.length > 0) {
        // Receipts and their like need nobody's consent, and must not wait for it.
        if (rows.some(({ id }) => messages.kindOf(mailbox, id) !== "control")) this.#guard.check(mailbox);
        let ratchet = readRatchet(this.#store, epoch, epoch.ownLeaf);
        const audience = audienceOf(this.#store, mailbox, this.#self.user);
        for (const { id, content } of rows) {
          const sealed = await sealMessage(this.#mls, epoch, ratchet, content, id);
          ratchet = sealed.ratchet;
          outbox.setSealed(id, epoch.number, sealed.message);
          messages.setAudience(mailbox, id, audience);
        }
        groups.setRatchet(mailbox, epoch.ownLeaf, ratchet);
        groups.countSent(mailbox, rows.length);
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
        if (place.seq !== cursor + 1) continue;
        cursor = place.seq;
        // It will not come back, so nothing has to be known again.
        messages.deleteControl(mailbox, id);
      }
      mailboxes.advance(mailbox, cursor);
    });
  }

  async #append(
    connection: ClientConnection,
    mailbox: string,
    { id, message, expires }: SealedRow,
  ): Promise<Relayed> {
    const seconds = expires === null ? undefined : secondsUntil(expires, this.#clock());
    const place = await connection.request("append", { mailbox, id, message, expires: seconds });
    return { id, place: { ...place, digest: digest("SHA-256", message) } };
  }
}

/** Rounded up, so that no message vanishes before its time. */
function secondsUntil(timeMs: number, now: Date): number {
  return Math.max(1, Math.ceil((timeMs - now.getTime()) / 1_000));
}
