import type { ReceivedMessage } from "../../lib/client/mod.ts";

/** What the chat of `parley connect` is held over. The client implements it; tests script it. */
export interface ChatSession {
  /** Who is at this end. */
  readonly self: { readonly user: string; readonly device: string };
  /** Whom a line goes to that names nobody; undefined where only `/msg` can send. */
  readonly peer?: string;
  /** What happens, in order. Ends after {@link close}; throws where the session cannot go on. */
  readonly events: AsyncIterable<ChatEvent>;
  /**
   * Sends a text. Resolves as soon as it is safe: `relayed` where the relay has it on disk, `queued` where
   * the connection is lost and the outbox has it.
   */
  send(to: string, text: string): Promise<{ id: string; status: string }>;
  /**
   * The same for what answers, changes, takes back or reacts to another message; without an id it is the newest one of
   * the conversation that it can be.
   */
  change(to: string, change: ChatChange): Promise<{ id: string; status: string }>;
  /** Sends a file or folder, by its path; resolves when the relay has it, and the message is as safe as a text. */
  sendFile(to: string, path: string): Promise<{ id: string; status: string }>;
  /** Saves a file that has come, by the first digits of its id; says where. */
  saveFile(id: string, folder: string): Promise<{ name: string; path: string }>;
  /** Lists the users that the relay knows. */
  users(): Promise<ChatUser[]>;
  /**
   * Resolves when the relay has on disk whatever was sent, also what is sent meanwhile; rejects where a message cannot
   * be delivered. One waits at a time.
   */
  flushed(): Promise<void>;
  /** Ends the session. What is queued stays in the outbox. */
  close(): Promise<void>;
}

/** A user as `/list` shows them. */
export interface ChatUser {
  /** The user's name. */
  readonly user: string;
  /** Whether any of the devices is connected. */
  readonly online: boolean;
  /** The user's devices. */
  readonly devices: readonly { readonly device: string; readonly online: boolean }[];
}

/** What may be said about another message; `id` is the first digits of that one's. */
export type ChatChange =
  | { readonly type: "reply"; readonly id?: string; readonly text: string }
  | { readonly type: "edit"; readonly id?: string; readonly text: string }
  | { readonly type: "react"; readonly id?: string; readonly text: string }
  | { readonly type: "delete"; readonly id?: string };

/** Something that happens in a chat. */
export type ChatEvent = ChatMessage | ChatLine | ChatRevocation | ChatConnection | ChatNotice;

/** A message has arrived. Every text in it is the sender's and not to be trusted. */
export interface ChatMessage {
  /** Tells the kinds of events apart. */
  readonly type: "message";
  /** The sender. */
  readonly from: string;
  /** The sender's device. */
  readonly device: string;
  /** The conversation that it belongs to. */
  readonly conversation: string;
  /** Its name, where it is a group. */
  readonly group?: string;
  /** The message's id. */
  readonly id: string;
  /** When it was sent, in milliseconds since 1970. */
  readonly time: number;
  /** What it says. */
  readonly text: string;
  /** The id of the message that it answers. */
  readonly replyTo?: string;
  /** What else it has, as `inbox --json` shows it. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/**
 * Something else has come: an edit, a deletion, a reaction, a message from another device of one's own, or the word of
 * a message that has expired.
 */
export interface ChatLine {
  /** Tells the kinds of events apart. */
  readonly type: "line";
  /** What it is. */
  readonly line: ReceivedMessage;
}

/** The certificate of a member of a conversation was revoked; the device is removed from it. */
export interface ChatRevocation {
  /** Tells the kinds of events apart. */
  readonly type: "revoked";
  /** Whose device it was. */
  readonly user: string;
  /** The device. */
  readonly device: string;
  /** The conversation. */
  readonly conversation: string;
  /** The id of this note. */
  readonly id: string;
  /** When it was revoked, in milliseconds since 1970. */
  readonly time: number;
}

/** The connection to the relay has changed. */
export interface ChatConnection {
  /** Tells the kinds of events apart. */
  readonly type: "connection";
  /** What it is now. */
  readonly state: "connecting" | "online" | "offline";
  /** Why, where that is known. */
  readonly reason?: string;
}

/** Something that the person at the terminal should know. */
export interface ChatNotice {
  /** Tells the kinds of events apart. */
  readonly type: "notice";
  /** What it is. */
  readonly text: string;
}
