import type { ChatChange, ChatEvent, ChatSession, ChatUser } from "../../commands/connect/session.ts";

/** A chat session that a test scripts: it hands out pushed events and records what is sent. */
export class ScriptedSession implements ChatSession {
  readonly self = { user: "alice", device: "laptop" };
  readonly peer?: string;
  readonly sent: { to: string; text: string }[] = [];
  readonly changes: { to: string; change: ChatChange }[] = [];
  closed = false;
  /** What the next sends resolve to. */
  status = "relayed";
  /** Thrown by the next sends where set. */
  refusal: Error | undefined;
  #failed = false;
  #flushed: PromiseWithResolvers<void>[] = [];
  #controller!: ReadableStreamDefaultController<ChatEvent>;
  readonly events: ReadableStream<ChatEvent>;

  constructor(peer?: string) {
    if (peer !== undefined) this.peer = peer;
    this.events = new ReadableStream({ start: (controller) => void (this.#controller = controller) });
  }

  push(...events: ChatEvent[]): void {
    for (const event of events) this.#controller.enqueue(event);
  }

  fail(error: Error): void {
    this.#failed = true;
    this.#controller.error(error);
  }

  send(to: string, text: string): Promise<{ id: string; status: string }> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    this.sent.push({ to, text });
    return Promise.resolve({ id: `m${this.sent.length}`, status: this.status });
  }

  change(to: string, change: ChatChange): Promise<{ id: string; status: string }> {
    this.changes.push({ to, change });
    return Promise.resolve({ id: `c${this.changes.length}`, status: this.status });
  }

  sendFile(to: string, path: string): Promise<{ id: string; status: string }> {
    return this.send(to, `file ${path}`);
  }

  saveFile(id: string, folder: string): Promise<{ name: string; path: string }> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    return Promise.resolve({ name: id, path: `${folder}/${id}` });
  }

  users(): Promise<ChatUser[]> {
    return Promise.resolve([
      { user: "alice", online: true, devices: [{ device: "laptop", online: true }] },
      { user: "bob", online: false, devices: [{ device: "phone", online: false }] },
      {
        user: "carol",
        online: true,
        devices: [{ device: "a", online: true }, { device: "b", online: false }],
      },
    ]);
  }

  flushed(): Promise<void> {
    if (this.status !== "queued") return Promise.resolve();
    const waiting = Promise.withResolvers<void>();
    this.#flushed.push(waiting);
    return waiting.promise;
  }

  /** Lets what waits for {@link flushed} go on. */
  flush(): void {
    this.status = "relayed";
    for (const waiting of this.#flushed.splice(0)) waiting.resolve();
  }

  close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      if (!this.#failed) this.#controller.close();
    }
    return Promise.resolve();
  }
}

/** A message from bob's phone. */
export function messageFromBob(text: string, time = Date.UTC(2026, 0, 2, 12, 34)): ChatEvent {
  return {
    type: "message",
    from: "bob",
    device: "phone",
    conversation: "direct:alice,bob",
    id: "x1",
    time,
    text,
  };
}
