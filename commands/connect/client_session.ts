import type { Client, ReceivedMessage, SentMessage } from "../../lib/client/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import type { ChatEvent, ChatSession, ChatUser } from "./session.ts";

/** A chat over the client, which stays connected for as long as the chat lasts. */
export class ClientSession implements ChatSession {
  readonly self: { readonly user: string; readonly device: string };
  readonly peer?: string;
  readonly #client: Client;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #queue: ChatEvent[] = [];
  readonly #unlisten: () => void;
  /** Deliveries that have not begun, by conversation. */
  readonly #deliveries = new Map<string, Promise<void>>();
  #delivering: Promise<void> = Promise.resolve();
  #wake = Promise.withResolvers<void>();
  #failure: unknown;
  #ended = false;
  #connecting = true;
  #online = false;
  #position: number;

  /** Begins to connect. */
  constructor(client: Client, peer: string | undefined) {
    this.#client = client;
    this.self = client.self;
    this.peer = peer;
    this.#position = (client.unread(1)[0]?.position ?? client.lastPosition() + 1) - 1;
    this.#unlisten = client.onHistory(() => this.#notify());
    this.#running = this.#run();
  }

  /** What happens, in order. */
  get events(): AsyncIterable<ChatEvent> {
    return this.#events();
  }

  /** Takes a text: safe in the outbox in any case, on the relay's disk where there is a connection. */
  async send(to: string, text: string): Promise<{ id: string; status: string }> {
    const sent = await this.#client.enqueue(to, text);
    if (this.#online) await this.#deliver(sent);
    return this.#client.progressOf(sent) ?? sent;
  }

  /** Lists the users that the relay knows; waits for the first attempt to connect. */
  async users(): Promise<ChatUser[]> {
    while (this.#connecting && !this.#ended) await this.#wake.promise;
    return await this.#client.users();
  }

  /** Resolves when nothing is in the outbox any more. */
  async flushed(): Promise<void> {
    while (this.#client.hasQueued()) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#wake.promise;
    }
  }

  /** Shows the person what is wrong and does not stop the chat. */
  warn(text: string): void {
    this.#emit({ type: "notice", text });
  }

  /** Ends the session. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#unlisten();
    await this.#client.close();
  }

  async #run(): Promise<void> {
    try {
      await this.#client.run(this.#stop.signal, {
        onState: (state, error) => {
          this.#online = state === "online";
          this.#connecting = state === "connecting";
          this.#emit({ type: "connection", state, reason: error?.message });
        },
        onTrouble: (error) => this.#emit({ type: "notice", text: `not sent yet: ${error.message}` }),
      });
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#ended = true;
      this.#notify();
    }
  }

  /**
   * Delivers a message with what waits before it. Messages that are taken while a delivery runs share the
   * next one, so that many lines cost few round trips.
   */
  #deliver(sent: SentMessage): Promise<void> {
    const waiting = this.#deliveries.get(sent.conversation);
    if (waiting !== undefined) return waiting;
    const delivery = this.#delivering.then(() => {
      this.#deliveries.delete(sent.conversation);
      return this.#deliverNow(sent);
    });
    this.#deliveries.set(sent.conversation, delivery);
    this.#delivering = delivery.catch(() => {}); // whoever sent it is told
    return delivery;
  }

  async #deliverNow(sent: SentMessage): Promise<void> {
    try {
      await this.#client.deliverSent(sent);
    } catch (error) {
      // The connection went while sending; the outbox goes out with the next one.
      if (!(error instanceof ParleyError) || error.kind !== "network") throw error;
    } finally {
      this.#notify();
    }
  }

  async *#events(): AsyncGenerator<ChatEvent> {
    for (;;) {
      const { promise } = this.#wake;
      yield* this.#queue.splice(0);
      yield* this.#arrived();
      if (this.#queue.length > 0) continue;
      if (this.#ended) break;
      await promise;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** All messages that are new in the history, whichever process put them there. */
  async *#arrived(): AsyncGenerator<ChatEvent> {
    while (!this.#ended) {
      const lines = this.#client.historyAfter(this.#position);
      if (lines.length === 0) return;
      for (const line of lines) {
        this.#position = line.position;
        if (!line.outgoing) yield toEvent(line);
      }
      if (!this.#ended) await this.#client.markShown(lines.filter(({ outgoing }) => !outgoing));
    }
  }

  #emit(event: ChatEvent): void {
    this.#queue.push(event);
    this.#notify();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

function toEvent({ type, from, device, conversation, id, time, text }: ReceivedMessage): ChatEvent {
  if (type === "revoked") return { type, user: from, device, conversation, id, time: time.getTime() };
  if (type === "undecryptable") {
    return { type: "notice", text: `something from ${from}/${device} cannot be read: ${text}` };
  }
  return { type, from, device, conversation, id, time: time.getTime(), text };
}
