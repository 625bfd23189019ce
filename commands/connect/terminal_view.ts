import type { ReceivedMessage } from "../../lib/client/mod.ts";
import { describeLine, formatSender, shortId } from "../message_lines.ts";
import { printable } from "../printable.ts";
import type { Style } from "../style.ts";
import type { LineEditor } from "../terminal/line_editor.ts";
import { textWidth } from "../terminal/text_width.ts";
import { wrapText } from "../terminal/wrap_text.ts";
import { describeFailure } from "./chat.ts";
import type { ChatView } from "./chat_view.ts";
import { formatUsers } from "./format_users.ts";
import { describeConnection, describeRevocation } from "./pipe_view.ts";
import type { ChatMessage, ChatRevocation, ChatSession, ChatUser } from "./session.ts";

/** Shows a chat to a person: messages with their time above the row that is being typed. */
export class TerminalView implements ChatView {
  readonly #session: ChatSession;
  readonly #editor: LineEditor;
  readonly #style: Style;
  readonly #now: () => number;
  #queued = 0;

  /** Creates the view. */
  constructor(session: ChatSession, editor: LineEditor, style: Style, now: () => number) {
    this.#session = session;
    this.#editor = editor;
    this.#style = style;
    this.#now = now;
  }

  received({ from, device, group, text, time, replyTo }: ChatMessage): void {
    const answers = replyTo === undefined ? "" : ` (answers ${shortId(replyTo)})`;
    const who = formatSender({ from, device, group });
    const head = { plain: `${who}${answers}: `, styled: `${this.#style.cyan(who)}${answers}: ` };
    this.#message(time, head, printable(text, { multiline: true }));
  }

  line(line: ReceivedMessage): void {
    this.#message(line.time.getTime(), NO_HEAD, describeLine(line));
  }

  revoked(revocation: ChatRevocation): void {
    this.notice(describeRevocation(revocation));
  }

  sent(to: string, text: string, _id: string, status: string): void {
    const whom = to === this.#session.peer ? "you" : `you to ${printable(to)}`;
    const head = { plain: `${whom}: `, styled: `${this.#style.green(whom)}: ` };
    this.#message(this.#now(), head, printable(text, { multiline: true }));
    if (status === "queued") this.#waitForRelay();
  }

  users(users: readonly ChatUser[]): void {
    this.#editor.printAbove(...formatUsers(users));
  }

  notice(...lines: string[]): void {
    const columns = this.#editor.columns - NOTICE_MARK.length;
    const rows = lines.flatMap((line) =>
      wrapText(printable(line), columns, columns).map((row, at) =>
        (at === 0 ? NOTICE_MARK : " ".repeat(NOTICE_MARK.length)) + row
      )
    );
    this.#editor.printAbove(...rows.map((row) => this.#style.dim(row)));
  }

  connection(state: "online" | "offline", reason: string | undefined): void {
    this.notice(describeConnection(state, reason));
  }

  /**
   * Takes a text that is printable already. Every row but the first is indented, so that none of them looks like a
   * message of somebody else's.
   */
  #message(time: number, head: MessageHead, text: string): void {
    const columns = this.#editor.columns - CLOCK_COLUMNS;
    const [first = "", ...more] = text.replaceAll("\t", "    ").split("\n").flatMap((line, at) =>
      wrapText(line, columns, at === 0 ? columns - textWidth(head.plain) : columns)
    );
    this.#editor.printAbove(
      `${this.#style.dim(formatClock(time))} ${head.styled}${first}`,
      ...more.map((row) => " ".repeat(CLOCK_COLUMNS) + row),
    );
  }

  /** Counts what is queued in the prompt until the relay has it. */
  #waitForRelay(): void {
    this.#queued++;
    this.#editor.setPrompt(formatPrompt(this.#session.peer, this.#queued));
    if (this.#queued > 1) return; // who waits already waits for this one, too
    this.#session.flushed().catch((error) => this.notice(describeFailure(error))).then(() => {
      this.#queued = 0;
      this.#editor.setPrompt(formatPrompt(this.#session.peer, 0));
    });
  }
}

const CLOCK_COLUMNS = 6;
const NOTICE_MARK = "-- ";

/** What stands before a text, as its columns are counted and as it is shown. */
interface MessageHead {
  readonly plain: string;
  readonly styled: string;
}

const NO_HEAD: MessageHead = { plain: "", styled: "" };

/** Formats the row's prompt: whom a line goes to and how many messages the relay does not have yet. */
export function formatPrompt(peer: string | undefined, queued: number): string {
  const waiting = queued === 0 ? "" : ` (${queued} queued)`;
  return `${peer === undefined ? "" : printable(peer)}${waiting}> `;
}

/** Formats the local time of day as `HH:MM`. */
export function formatClock(timeMs: number): string {
  const time = new Date(timeMs);
  const twoDigits = (n: number) => String(n).padStart(2, "0");
  return `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
}
