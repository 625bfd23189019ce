import { decodeHex } from "../../bytes/mod.ts";
import { toParleyError, UsageError } from "../../errors/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import { limits } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import type { DeliveryLevel, SentMessage } from "../client_types.ts";
import { findLine } from "../history/find_line.ts";
import type { Sender } from "../sender.ts";
import { audienceOf, MAX_RECEIPT_USERS } from "./audience.ts";
import { type MessageStatusFacts, readMessageStatus } from "./message_status.ts";
import { type ReceiptPolicy, ReceiptReporter } from "./receipt_reporter.ts";
import { RelayReceipts } from "./relay_receipts.ts";
import { Resend } from "./resend.ts";

/** How long what is to be told is gathered while the connection lasts. */
const GATHER_MS = 500;
const LEVELS: DeliveryLevel[] = ["queued", "relayed", "delivered", "read"];

/** Knows how far messages are, tells others of theirs, and obtains the relay's receipts. */
export class Delivery {
  readonly #core: ClientCore;
  readonly #relayReceipts: RelayReceipts;
  readonly #resend: Resend;
  readonly #reporter: ReceiptReporter;
  readonly #onChange: (listener: () => void) => () => void;
  #running: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Works for one device; `onChange` calls a listener whenever the history may have changed. */
  constructor(
    core: ClientCore,
    { sender, policy, onChange }: {
      sender: Sender;
      policy: ReceiptPolicy;
      onChange: (listener: () => void) => () => void;
    },
  ) {
    this.#core = core;
    this.#onChange = onChange;
    this.#resend = new Resend(core);
    this.#relayReceipts = new RelayReceipts(core);
    this.#reporter = new ReceiptReporter(core, sender, policy);
  }

  /** How far a message is by now; undefined where it was taken back or has vanished. */
  progressOf({ id, conversation }: SentMessage): SentMessage | undefined {
    const row = this.#core.store.messages.get(conversation, decodeHex(id));
    if (row === undefined || row.kind === "control") return undefined;
    return { id, conversation, status: readMessageStatus(this.#core.store, row).status };
  }

  /**
   * What has become of a message of this user, by its id or the first digits of it.
   *
   * @throws {UsageError} `message-id-malformed`, `message-unknown`, `message-ambiguous`, `message-foreign`
   */
  status(id: string): MessageStatusFacts {
    const row = findLine(this.#core.store, id);
    if (!row.outgoing) {
      throw new UsageError("message-foreign", `the message is ${row.user}'s: there is nothing to tell of it`);
    }
    return readMessageStatus(this.#core.store, row);
  }

  /**
   * Says whether anybody tells what becomes of messages of a conversation.
   *
   * @throws {UsageError} `receipts-unavailable`
   */
  assertReported(conversation: string): void {
    const audience = audienceOf(this.#core.store, conversation, this.#core.self.user);
    if (audience === undefined) {
      throw new UsageError(
        "receipts-unavailable",
        `in conversations of more than ${MAX_RECEIPT_USERS} users nobody tells what becomes of messages`,
        { hint: "--wait relayed is as much as can be known" },
      );
    }
    if (audience.length > 0) return;
    throw new UsageError("receipts-unavailable", "there is nobody else in the conversation who could tell");
  }

  /** Resolves when a message is so far; never where it is taken back. */
  async reached({ id, conversation }: SentMessage, level: DeliveryLevel, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      const progress = this.progressOf({ id, conversation, status: "queued" });
      if (progress !== undefined && LEVELS.indexOf(progress.status) >= LEVELS.indexOf(level)) resolve();
    };
    const abort = () => reject(signal.reason);
    const stop = this.#onChange(look);
    signal.addEventListener("abort", abort);
    try {
      look();
      if (signal.aborted) abort();
      await promise;
    } finally {
      stop();
      signal.removeEventListener("abort", abort);
    }
  }

  /**
   * Obtains the relay's receipt for what was sent to a conversation from a message on, for so many at most.
   *
   * @throws {NetworkError} `not-connected`
   * @throws {AuthenticationError} `relay-receipt-wrong`
   */
  obtainRelayReceipts(
    { id, conversation }: Pick<SentMessage, "id" | "conversation">,
    limit: number = limits.maxReceiptEntries,
  ): Promise<void> {
    const { store, link, serially } = this.#core;
    return serially(async () => {
      const row = store.messages.get(conversation, decodeHex(id));
      if (row === undefined) return;
      await this.#relayReceipts.obtain(conversation, { position: row.position, limit }, link.require());
    });
  }

  /** Tells others what became of their messages, as far as they were not told yet, and asks for what was not read. */
  async report(connection: ClientConnection): Promise<void> {
    await this.#resend.enqueueRequests();
    await this.#reporter.report(connection);
  }

  /** From now on reports in a moment whenever {@link Delivery.reportSoon} is called, until `signal` aborts. */
  keepReporting(signal: AbortSignal): void {
    this.#running = signal;
    signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
    this.reportSoon();
  }

  /** Something may be to be told: what comes meanwhile is told with it. */
  reportSoon(): void {
    if (this.#running === undefined || this.#running.aborted || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const { connection } = this.#core.link;
      if (connection === undefined) return;
      void this.report(connection).catch((error) => connection.close(toParleyError(error)));
    }, GATHER_MS);
  }
}
