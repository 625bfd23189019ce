import type { CommandContext } from "../command.ts";
import type { ReceivedMessage } from "../../lib/client/mod.ts";
import { describeLine, formatSender, messageRecord } from "../message_lines.ts";
import { printable } from "../printable.ts";
import type { ChatView } from "./chat_view.ts";
import { formatUsers } from "./format_users.ts";
import type { ChatMessage, ChatRevocation, ChatUser } from "./session.ts";

/** Shows a chat to a program: one message a line, or with `--json` one object a line. */
export class PipeView implements ChatView {
  readonly #out: CommandContext["out"];

  /** Creates the view. */
  constructor({ out }: CommandContext) {
    this.#out = out;
  }

  received(message: ChatMessage): void {
    const { from, device, text, time, more, ...rest } = message;
    this.#out.result(
      { ...rest, from, device, time: new Date(time).toISOString(), text, ...more },
      `${formatSender(message)}: ${printable(text)}`,
    );
  }

  line(line: ReceivedMessage): void {
    this.#out.result(messageRecord(line), describeLine(line).replaceAll("\n", "\u240a"));
  }

  revoked(revocation: ChatRevocation): void {
    if (this.#out.json) {
      return this.#out.result({ ...revocation, time: new Date(revocation.time).toISOString() }, "");
    }
    this.notice(describeRevocation(revocation));
  }

  sent(to: string, _text: string, id: string, status: string): void {
    this.#out.result({ type: "sent", to, id, status }, "");
  }

  users(users: readonly ChatUser[]): void {
    if (!this.#out.json) return this.#out.result({}, formatUsers(users).join("\n"));
    for (const user of users) this.#out.result({ type: "user", ...user }, "");
  }

  notice(...lines: string[]): void {
    for (const line of lines) this.#out.note(printable(line));
  }

  connection(state: "online" | "offline", reason: string | undefined): void {
    if (this.#out.json) return this.#out.result({ type: "connection", state, reason }, "");
    this.#out.note(describeConnection(state, reason));
  }
}

/** Says in one line that a member's certificate was revoked. */
export function describeRevocation(
  { user, device, conversation }: Omit<ChatRevocation, "type" | "id">,
): string {
  return `the certificate of ${user}/${device} was revoked: removed from ${conversation}`;
}

/** Says in one line what has become of the connection. */
export function describeConnection(state: "online" | "offline", reason: string | undefined): string {
  if (state === "online") return "connected again";
  const because = reason === undefined ? "" : ` (${printable(reason)})`;
  return `connection lost${because}: messages are queued until it is back`;
}
