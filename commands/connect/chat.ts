import { UsageError } from "../../lib/errors/mod.ts";
import { toCommandError } from "../failure.ts";
import { CHAT_HELP, parseChatLine } from "./chat_line.ts";
import type { ChatView } from "./chat_view.ts";
import type { ChatChange, ChatEvent, ChatSession } from "./session.ts";

/** Whether the chat goes on. */
export type ChatOutcome = "continue" | "quit";

/** A chat: takes typed lines to the session and the session's events to the view. */
export class Chat {
  readonly #session: ChatSession;
  readonly #view: ChatView;
  readonly #filesInBackground: boolean;
  #offline = false;

  /** Creates the chat; with `filesInBackground` lines are taken while files are on their way. */
  constructor(session: ChatSession, view: ChatView, options: { filesInBackground?: boolean } = {}) {
    this.#session = session;
    this.#view = view;
    this.#filesInBackground = options.filesInBackground ?? false;
  }

  /**
   * Does what a typed line asks for.
   *
   * @throws {UsageError} chat-command, no-peer
   * @throws {ParleyError} where the session cannot send or list
   */
  async take(line: string): Promise<ChatOutcome> {
    const action = parseChatLine(line);
    switch (action.type) {
      case "send":
        await this.#send(this.#session.peer, action.text);
        break;
      case "message":
        await this.#send(action.to, action.text);
        break;
      case "change":
        await this.#change(action.change);
        break;
      case "file":
        await this.#transfer(() => this.#sendFile(action.path));
        break;
      case "save":
        await this.#transfer(() => this.#saveFile(action.id, action.folder));
        break;
      case "list":
        this.#view.users(await this.#session.users());
        break;
      case "help":
        this.#view.notice(...CHAT_HELP);
        break;
      case "mistake":
        throw new UsageError("chat-command", action.explanation);
      case "quit":
        return "quit";
      case "nothing":
        break;
    }
    return "continue";
  }

  /** Shows the session's events until it ends. */
  async follow(): Promise<void> {
    for await (const event of this.#session.events) this.#show(event);
  }

  async #send(to: string | undefined, text: string): Promise<void> {
    const peer = somebody(to);
    const { id, status } = await this.#session.send(peer, text);
    this.#view.sent(peer, text, id, status);
  }

  async #change(change: ChatChange): Promise<void> {
    const peer = somebody(this.#session.peer);
    const { id, status } = await this.#session.change(peer, change);
    this.#view.sent(peer, change.type === "delete" ? "(deleted)" : change.text, id, status);
  }

  async #transfer(work: () => Promise<void>): Promise<void> {
    const working = work();
    if (!this.#filesInBackground) return await working;
    working.catch((error) => this.#view.notice(`error: ${describeFailure(error)}`));
  }

  async #sendFile(path: string): Promise<void> {
    const peer = somebody(this.#session.peer);
    if (this.#filesInBackground) this.#view.notice(`sending ${path}`);
    const { id, status } = await this.#session.sendFile(peer, path);
    this.#view.sent(peer, `[file ${path}]`, id, status);
  }

  async #saveFile(id: string, folder: string): Promise<void> {
    const { name, path } = await this.#session.saveFile(id, folder);
    this.#view.notice(`saved ${name} as ${path}`);
  }

  #show(event: ChatEvent): void {
    if (event.type === "message") return this.#view.received(event);
    if (event.type === "line") return this.#view.line(event.line);
    if (event.type === "revoked") return this.#view.revoked(event);
    if (event.type === "notice") return this.#view.notice(event.text);
    // A lost connection is shown once, however often connecting again fails.
    if (event.state === "offline" && !this.#offline) {
      this.#offline = true;
      this.#view.connection("offline", event.reason);
    } else if (event.state === "online" && this.#offline) {
      this.#offline = false;
      this.#view.connection("online", undefined);
    }
  }
}

function somebody(to: string | undefined): string {
  if (to !== undefined) return to;
  throw new UsageError("no-peer", "nobody to send to", {
    hint: "write /msg USER TEXT, or start with parley connect USER",
  });
}

/** Says in one line why a typed line could not be carried out. */
export function describeFailure(thrown: unknown): string {
  const { message, hint } = toCommandError(thrown);
  return hint === undefined ? message : `${message} (${hint})`;
}
