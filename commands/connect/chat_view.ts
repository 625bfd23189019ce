import type { ReceivedMessage } from "../../lib/client/mod.ts";
import type { ChatMessage, ChatRevocation, ChatUser } from "./session.ts";

/** Where a chat is shown: a terminal or a pipe. Views make received text printable themselves. */
export interface ChatView {
  /** Shows a message that has arrived. */
  received(message: ChatMessage): void;
  /** Shows what else has come. */
  line(line: ReceivedMessage): void;
  /** Shows a message that was sent and what has become of it. */
  sent(to: string, text: string, id: string, status: string): void;
  /** Shows that a member's certificate was revoked. */
  revoked(revocation: ChatRevocation): void;
  /** Shows who is online. */
  users(users: readonly ChatUser[]): void;
  /** Shows the lines of a remark that is no message. */
  notice(...lines: string[]): void;
  /** Shows that the connection is lost (`reason` where known) or is back. */
  connection(state: "online" | "offline", reason: string | undefined): void;
}
