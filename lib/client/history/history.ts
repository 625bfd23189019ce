import type { ConversationUsage } from "../../store/mod.ts";
import { toParleyError } from "../../errors/mod.ts";
import type { ClientCore } from "../client_core.ts";
import { type ReceivedMessage, toReceivedMessage } from "../received_message.ts";
import { findLine } from "./find_line.ts";
import { type HistoryLine, toHistoryLine } from "./history_line.ts";
import { searchConversation } from "./search.ts";

/** Which lines of a conversation. */
export interface HistoryQuery {
  /** The conversation. */
  conversation: string;
  /** Lines sent at or after it. Default: all. */
  since?: Date;
  /** Messages that hold this text. Default: all lines. */
  search?: string;
  /** How many at most, the newest of them. */
  limit: number;
}

/** What an identity's history takes. */
export interface HistoryUsage {
  /** The database in bytes, with everything else that stands in it. */
  databaseBytes: number;
  /** The conversations. */
  conversations: ConversationUsage[];
}

/** Lines that are read at once. */
const PAGE = 500;

/** What was said: reads it, searches it, and deletes what is not to be kept. */
export class History {
  readonly #core: ClientCore;
  readonly #onShown: () => void;
  #sweeping: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Reads and keeps one device's history; `onShown` hears that lines were shown. */
  constructor(core: ClientCore, onShown: () => void) {
    this.#core = core;
    this.#onShown = onShown;
  }

  /** Lines that were not shown yet, oldest first. */
  unread(limit = 100): ReceivedMessage[] {
    const { store } = this.#core;
    return store.messages.notShown(limit, this.#now()).map((row) => toReceivedMessage(row, store));
  }

  /** Lines after a position, oldest first. */
  after(position: number, limit = 100): ReceivedMessage[] {
    const { store } = this.#core;
    return store.messages.after(position, limit, this.#now()).map((row) => toReceivedMessage(row, store));
  }

  /** The position of the last line. */
  lastPosition(): number {
    return this.#core.store.messages.lastPosition();
  }

  /** Notes that lines were shown, so that `unread` does not give them again and their authors hear of it. */
  async markShown(lines: Pick<ReceivedMessage, "position">[]): Promise<void> {
    const { store, clock } = this.#core;
    const now = clock().getTime();
    await store.transaction(() => {
      for (const { position } of lines) store.messages.setShown(position, now);
    });
    this.#sweepInTime();
    this.#onShown();
  }

  /** The newest lines of a conversation, oldest first, each as it is by now. */
  async read({ conversation: mailbox, since, search, limit }: HistoryQuery): Promise<HistoryLine[]> {
    await this.sweep();
    const { store } = this.#core;
    const range = { mailbox, since: since?.getTime() };
    const rows = search === undefined
      ? store.history.page(range, limit)
      : await searchConversation(store, range, search, limit);
    return rows.map((row) => toHistoryLine(row, store)).sort((a, b) => a.position - b.position);
  }

  /** All lines of a conversation, oldest first, in pages. */
  async *pages(conversation: string): AsyncIterable<HistoryLine[]> {
    await this.sweep();
    const { store } = this.#core;
    // What another device has given to this one stands before all that this one has received.
    for (let position = Number.MIN_SAFE_INTEGER;;) {
      const rows = store.history.pageAfter(conversation, position, PAGE);
      if (rows.length === 0) return;
      yield rows.map((row) => toHistoryLine(row, store));
      position = rows.at(-1)!.position;
    }
  }

  /**
   * The line with an id, or with the first digits of one.
   *
   * @throws {UsageError} `message-id-malformed`, `message-unknown`, `message-ambiguous`
   */
  find(id: string, conversation?: string): HistoryLine {
    return toHistoryLine(findLine(this.#core.store, id, conversation), this.#core.store);
  }

  /** What it takes. */
  usage(): HistoryUsage {
    const { store } = this.#core;
    return { databaseBytes: store.sizeBytes(), conversations: store.history.usage() };
  }

  /**
   * Deletes everything that was sent before a time, in one conversation or in all, from the disk too. Returns how
   * many lines that were.
   */
  async purge(before: Date, conversation?: string): Promise<number> {
    const { store } = this.#core;
    const deleted = await store.transaction(() => store.history.deleteOlder(before.getTime(), conversation));
    if (deleted > 0) await store.scrub();
    return deleted;
  }

  /** Deletes the lines whose time is up, from the disk too. */
  async sweep(): Promise<void> {
    const { store, clock, changed } = this.#core;
    const due = store.history.nextExpiry();
    const now = clock().getTime();
    if (due === undefined || due > now) return;
    const deleted = await store.transaction(() => {
      store.outbox.deleteExpired(now);
      store.files.withdrawExpired(now);
      return store.history.deleteExpired(now);
    });
    if (deleted === 0) return;
    await store.scrub();
    changed();
  }

  /** From now on deletes lines as their time is up, until `signal` aborts. */
  keepSwept(signal: AbortSignal): void {
    this.#sweeping = signal;
    signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
    this.#sweepInTime();
  }

  #now(): number {
    return this.#core.clock().getTime();
  }

  #sweepInTime(): void {
    if (this.#sweeping === undefined || this.#sweeping.aborted) return;
    clearTimeout(this.#timer);
    const due = this.#core.store.history.nextExpiry();
    if (due === undefined) return;
    const delayMs = Math.min(Math.max(0, due - this.#core.clock().getTime()), MAX_DELAY_MS);
    this.#timer = setTimeout(() => {
      this.sweep().catch((error) => this.#core.warn(toParleyError(error))).finally(() => this.#sweepInTime());
    }, delayMs);
  }
}

/** A timer bears no more than 24 days, and a clock that is set may bring the time nearer. */
const MAX_DELAY_MS = 60_000;
