import type { Client, Draft, ReceivedMessage, SentMessage } from "../../lib/client/mod.ts";
import { ParleyError, UsageError } from "../../lib/errors/mod.ts";
import { describeFile } from "../files/file_lines.ts";
import { messageRecord, shortId } from "../message_lines.ts";
import type { ChatChange, ChatEvent, ChatSession, ChatUser } from "./session.ts";

/** A chat over the client, which stays connected for as long as the chat lasts. */
export class ClientSession implements ChatSession {
  readonly self: { readonly user: string; readonly device: string };
  readonly peer?: string;
  readonly #client: Client;
  readonly #resolve: (path: string) => string;
  /** Transfers that are under way. */
  readonly #transfers = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #queue: ChatEvent[] = [];
  readonly #unlisten: () => void;
  /** Deliveries that have not begun, by conversation. */
  readonly #deliveries = new Map<string, Promise<void>>();
  #delivering: Promise<void> = Promise.resolve();
  /** What was taken without a connection, or when it went. */
  readonly #queued: SentMessage[] = [];
  #wake = Promise.withResolvers<void>();
  #failure: unknown;
  #ended = false;
  #connecting = true;
  #online = false;
  #position: number;

  /** Begins to connect; `resolve` makes a path that is typed absolute. */
  constructor(client: Client, peer: string | undefined, resolve: (path: string) => string) {
    this.#client = client;
    this.#resolve = resolve;
    this.self = client.self;
    this.peer = peer;
    this.#position = (client.history.unread(1)[0]?.position ?? client.history.lastPosition() + 1) - 1;
    this.#unlisten = client.onHistory(() => this.#notify());
    this.#running = this.#run();
  }

  /** What happens, in order. */
  get events(): AsyncIterable<ChatEvent> {
    return this.#events();
  }

  /** Takes a text: safe in the outbox in any case, on the relay's disk where there is a connection. */
  async send(to: string, text: string): Promise<{ id: string; status: string }> {
    return await this.#take(await this.#client.enqueue(to, text));
  }

  /** The same for what is said about another message. */
  async change(to: string, change: ChatChange): Promise<{ id: string; status: string }> {
    const conversation = this.#client.conversationWith(to);
    const target = change.id ?? await this.#newest(conversation, change);
    return await this.#take(await this.#client.composer.enqueue(conversation, toDraft(change, target)));
  }

  /** Sends a file or folder; waits for the first attempt to connect. */
  sendFile(to: string, path: string): Promise<{ id: string; status: string }> {
    return this.#transfer(async () => {
      const { signal } = this.#stop;
      const conversation = this.#client.conversationWith(to);
      const sent = await this.#client.files.outgoing.send(conversation, [{ path: this.#resolve(path) }], {
        signal,
      });
      const taken = await this.#take(sent);
      await this.#client.files.tellRelay();
      return taken;
    });
  }

  /** Saves a file that has come. */
  saveFile(id: string, folder: string): Promise<{ name: string; path: string }> {
    return this.#transfer(async () => {
      const { incoming } = this.#client.files;
      const { item } = await incoming.save(incoming.find(id), this.#resolve(folder), {
        signal: this.#stop.signal,
      });
      await incoming.markAnnounced(item);
      return { name: item.name, path: item.path ?? "" };
    });
  }

  async #transfer<T>(work: () => Promise<T>): Promise<T> {
    while (this.#connecting && !this.#ended) await this.#wake.promise;
    const working = work();
    this.#transfers.add(working);
    try {
      return await working;
    } finally {
      this.#transfers.delete(working);
    }
  }

  /** The newest message that a change can be about: an answer is to others, everything else changes one's own. */
  async #newest(conversation: string, { type }: ChatChange): Promise<string> {
    const own = type === "edit" || type === "delete";
    const lines = await this.#client.history.read({ conversation, limit: NEWEST });
    const found = lines.findLast((line) => line.type === "message" && !line.deleted && line.outgoing === own);
    if (found !== undefined) return found.id;
    throw new UsageError(
      "message-unknown",
      own ? "you have not written anything yet" : "nobody has written yet",
    );
  }

  async #take(sent: SentMessage): Promise<{ id: string; status: string }> {
    if (this.#online) await this.#deliver(sent);
    if (this.#isQueued(sent)) this.#queued.push(sent);
    return this.#client.delivery.progressOf(sent) ?? sent;
  }

  #isQueued(sent: SentMessage): boolean {
    return this.#client.delivery.progressOf(sent)?.status === "queued";
  }

  /** Lists the users that the relay knows; waits for the first attempt to connect. */
  async users(): Promise<ChatUser[]> {
    while (this.#connecting && !this.#ended) await this.#wake.promise;
    return await this.#client.users();
  }

  /**
   * Resolves when nothing of this session is in the outbox any more; what waits there since before may wait for ever.
   *
   * @throws {ParleyError} where one of them is refused
   */
  async flushed(): Promise<void> {
    for (let sent = this.#queued.shift(); sent !== undefined; sent = this.#queued.shift()) {
      while (this.#isQueued(sent)) {
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#online) await this.#deliver(sent);
        if (this.#isQueued(sent)) await this.#wake.promise;
      }
    }
  }

  /** Shows the person what is wrong and does not stop the chat. */
  warn(text: string): void {
    this.#emit({ type: "notice", text });
  }

  /** Ends the session. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#transfers);
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
      const lines = this.#client.history.after(this.#position);
      if (lines.length === 0) return;
      for (const line of lines) {
        this.#position = line.position;
        if (!this.#isTyped(line)) yield* this.#toEvents(line);
      }
      const shown = lines.filter((line) => !this.#isTyped(line));
      if (!this.#ended && shown.length > 0) await this.#client.history.markShown(shown);
    }
  }

  *#toEvents(line: ReceivedMessage): Generator<ChatEvent> {
    const event = toEvent(line);
    if (event.type !== "message" || line.files === undefined) return yield event;
    const files = this.#client.files.incoming.ofMessage(line.conversation, line.id);
    const known = files.map(({ id, name, size, mediaType }) => ({ id, name, size, mediaType }));
    yield { ...event, more: { ...event.more, files: known } };
    for (const file of files) {
      yield { type: "notice", text: `/save ${shortId(file.id)} saves ${describeFile(file)}` };
    }
  }

  /** What this device sends is shown as it is typed. */
  #isTyped({ outgoing, device }: ReceivedMessage): boolean {
    return outgoing && device === this.self.device;
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

/** Lines among which the newest one is looked for that something is said about. */
const NEWEST = 100;

function toDraft(change: ChatChange, target: string): Draft {
  switch (change.type) {
    case "reply":
      return { type: "text", text: change.text, replyTo: target };
    case "edit":
      return { type: "edit", target, text: change.text };
    case "react":
      return { type: "reaction", target, reaction: change.text };
    case "delete":
      return { type: "delete", target };
  }
}

function toEvent(line: ReceivedMessage): ChatEvent {
  const { type, from, device, conversation, id, time, text, target } = line;
  if (type === "revoked") return { type, user: from, device, conversation, id, time: time.getTime() };
  if (type === "undecryptable") {
    return { type: "notice", text: `something from ${from}/${device} cannot be read: ${text}` };
  }
  if (type !== "message" || line.outgoing) return { type: "line", line };
  const { files, unshown, expires } = messageRecord(line);
  const more = { ...(files !== undefined && { files }), ...(unshown !== undefined && { unshown }) };
  const group = line.group === undefined ? {} : { group: line.group };
  const message = { type, from, device, conversation, ...group, id, time: time.getTime(), text } as const;
  const replyTo = target === undefined ? {} : { replyTo: target };
  const lasts = expires === undefined ? more : { ...more, expires };
  return { ...message, ...replyTo, ...(Object.keys(lasts).length > 0 && { more: lasts }) };
}
